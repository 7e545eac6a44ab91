"""Words: the made-up people, places and sentences of a sample. Nobody in here exists."""

PEOPLE = (
    ("mirahale", "Mira Solberg-Hale"),
    ("teovanterpool", "Teo Vanterpool"),
    ("junoashgrove", "Juno Ashgrove"),
    ("okiraban", "Oki Raban"),
    ("lenkathistle", "Lenka Thistlewood"),
    ("samarquill", "Samar Quill"),
    ("brioduskin", "Brío Duskin"),
    ("yukimossley", "雪 Mossley"),
)

ORGANIZATIONS = (("larkspurroasters", "Larkspur Roasters"), ("harboursidefair", "Harbourside Fair 2026"))

BOARDS = (
    ("Roastery floor", "Everything between green beans and full bags.", "org"),
    ("Shop refit", "Counter, lights, the back room.", "org"),
    ("Autumn catalogue", "Copy, pictures, prices.", "private"),
    ("Hiring", "Baristas and one bookkeeper. Closed to most.", "private"),
    ("Stalls and permits", "Who stands where, and with whose stamp.", "org"),
    ("Fair 2025 (done)", "Kept for the numbers.", "org"),
)

ALONE = "Hiring"
"""The board with nobody on it but the owner, so that other grants see less."""

LISTS = ("Ideas", "Next", "Doing", "Waiting for somebody", "Done")

LABELS = (
    ("urgent", "red"),
    ("supplier", "blue_dark"),
    ("money", "green"),
    ("customer-facing", "yellow_light"),
    ("", "purple"),
    ("colourless", None),
    ("нужно обсудить", "sky"),
)

VERBS = ("Fix", "Order", "Paint", "Call", "Measure", "Invoice", "Translate", "Photograph", "Move", "Review")
THINGS = (
    "the drum thermometer", "a second grinder", "the shop window", "Brandt & Töchter about the lease",
    "the counter's height", "March deliveries", "the tasting notes", "all twelve bags", "the sorting table",
    "the permit for stall 14", "paper cups (8 oz)", "the “open” sign", "shelf №3", "the espresso menu ☕",
)  # fmt: skip

SENTENCES = (
    "Ask before buying anything over **200**.",
    "The old one still works if you hit it twice.",
    "See the [supplier's page](https://example.com/parts?id=7&sort=asc).",
    "- first this\n- then that\n- never both",
    "Nothing here is decided yet.",
    "שלום from the fair office: the tent is 6 by 4 m.",
    "Quotes came back: 1.200,50 € and 980 €.",
    "> we tried this in spring\n\nand it rained.",
    "`drum = 205` is too hot for the small batch.",
    "Naïve question: do we need it at all? 🤔",
)

COMMENTS = (
    "Done, more or less.",
    "@teovanterpool can you look at this before Friday?",
    "They want a deposit.",
    "Measured again: 92 cm, not 90.",
    "👍",
    "Moved it one week; the painter is ill.",
)

ITEMS = ("ask", "measure", "order", "pay", "pick up", "install", "test", "tell everybody")

PLACES = (("Quay 3, Harbourside", 53.5461, 9.9661), ("Larkspur yard", 48.2082, 16.3738))
