"""Words: what the made-up workspace is about: a small coffee roastery by the harbour."""

PEOPLE = (
    ("Ada Brandt", "ada@quayside.example", "admin", "Owner"),
    ("Bela Okafor", "bela@quayside.example", "member", "Head roaster"),
    ("Chiara Lind", "chiara@quayside.example", "member", "Buyer"),
    ("Deniz Öztürk", "deniz@quayside.example", "member", "Barista trainer"),
    ("Emre Sato", "emre@quayside.example", "viewer", "Accounts"),
    ("Fenna Guest", "fenna@paper.example", "guest", "Printer"),
)
LEFT = ("Gio Verdi", "gio@quayside.example", "member", "Apprentice")
TAGS = ("fair", "washed", "natural", "rush", "tasting")
ORIGINS = ("Yirgacheffe", "Huila", "Sidamo", "Antigua", "Nyeri", "Cauca", "Mbeya", "Tarrazú")
VERBS = ("Order", "Cup", "Roast", "Sample", "Invoice", "Ship", "Relabel", "Re-test")
SUPPLIERS = ("Brandt & Töchter", "Quayside Paper", "Colinas SA", "Boon Traders", "Nordhafen Logistics")
STEPS = ("Ask for a sample", "Cup it blind", "Agree on a price", "Sign", "Book the container", "Check the seals")
SENTENCES = (
    "The second batch came out brighter than the first — keep the curve.",
    "Moisture at 11.2 %, a little high; let it rest for two weeks.",
    "Customs want the phytosanitary paper in the original.",
    "Price agreed: 6.40 €/kg, delivered. 日本 sample goes out on Monday.",
    "Label proof has a typo in “naïve”; the printer knows.",
)
PLACES = (
    ("Hamburg", "53.5511", "9.9937", "Germany", "DE"),
    ("Addis Ababa", "9.0300", "38.7400", "Ethiopia", "ET"),
)
