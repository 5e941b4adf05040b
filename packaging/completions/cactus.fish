# fish completion for cactus: cactus completion fish > ~/.config/fish/completions/cactus.fish
function __cactus_complete
    set -l words (commandline -opc)
    for line in (cactus __complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c cactus -f -a '(__cactus_complete)'
