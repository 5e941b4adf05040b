#!/usr/bin/env bash
# Writes the committed evaluation set anew (held_out.jsonl.gz): the same bytes on every machine.
set -euo pipefail
cd "$(dirname "$0")"
for split in test_seen test_unseen test_unserviceable test_typos test_multi; do
  "${PYTHON:-python3}" -m data --split $split --seed 1 --count "${COUNT:-600}"
done | "${PYTHON:-python3}" -c '
import json, sys
for line in sys.stdin:
    case = json.loads(line)
    kept = {name: case[name] for name in ("id", "split", "kind", "tools", "messages", "expected")}
    print(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
' | gzip -9n >held_out.jsonl.gz
