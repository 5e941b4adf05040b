"""Requests that no tool serves: talk, writing, opinions, knowledge. Frames are held out like all others."""

from __future__ import annotations

TALK: tuple[str, ...] = (
    "write (me |)a poem about {topic}", "(tell|give) me a joke( about {topic}|)", "write a (short |)story about {topic}", "(hi|hello|hey)( there|)", "how are you( today|)",
    "who (are you|made you)", "what can you do", "(thanks|thank you)( so much|)", "(good morning|good night|good evening)", "what is the meaning of life", "explain {topic} to me",
    "(why|how) does {topic} matter", "what do you think about {topic}", "(compose|write) a song about {topic}", "write an essay (on|about) {topic}", "summarize the history of {topic}",
    "(I feel|I'm) (sad|happy|bored|lonely|tired) today", "do you like {food}", "who invented {thing}", "what is the best way to learn {language}", "give me advice (on|about) {topic}",
    "write a (speech|toast) for {person}", "should I (learn {language}|move to {city}|buy a {thing})", "why is the sky blue", "who was the first person in space", "tell me something interesting",
    "what's your favourite (color|food|city|film)", "write code that sorts a list", "(fix|debug) this python function", "describe {city} in three sentences", "compare {city} and {country}",
    "(what|who) is {person}", "are you (a robot|human|alive)", "(sing|hum) something", "tell me about {topic}", "I love {topic}", "my name is {person}", "that was (wrong|great|funny|not what I meant)",
    "can you help me", "I don't know what to do", "do (birds|fish|cats) sleep", "how do (planes|boats|engines) work", "is {topic} (good|bad) for you", "never mind", "(ok|okay|yes|no|sure)",
    "what happened in the year 1900", "write a haiku about {thing}", "give me ideas for a birthday party for {person}", "how do I become a better (writer|cook|runner|leader)",
    "what should I wear to a wedding", "convince me that {topic} matters", "draft a cover letter for a job at {company}", "tell me a riddle", "pretend to be a pirate",
    "what would {person} say about {topic}", "how do I ask my boss for more money", "is there life on other planets", "explain like I'm five: {topic}", "write a review of a film about {topic}",
    "imagine a world without {thing}", "what are the rules of {sport}", "can {animal}s swim", "why do people like {sport}", "how was your day", "what does love feel like",
    "brainstorm names for my {animal}", "invent a story with a {animal} and a {thing}", "who would win, a {animal} or a {thing}", "teach me (something|a word) in {language}", "what is {topic}",
    "describe the taste of {food}", "rewrite the bible in {language}", "talk to me", "let's play a game", "I had a fight with {person}", "how old is the universe", "make up an excuse for {person}",
    "what do {animal}s eat", "give a lecture on {topic}", "why can't we be friends", "what makes {city} special", "I'm thinking about {topic}", "criticise my idea about {topic}",
)
# Domains whose tools could after all serve some of these.
COULD_SERVE = frozenset(("knowledge", "language", "learning", "media", "notes", "food", "local", "messages"))
