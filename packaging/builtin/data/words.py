"""Word lists that values are drawn from, all written for this project.

Wide lists matter more than clever ones: a small model learns to copy what a user says only when it
cannot get away with remembering a few hundred values. `invented` makes names nobody has seen.
"""

from __future__ import annotations

import random


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


FIRST = _split(
    """
Anna, Ben, Clara, David, Elena, Felix, Greta, Hugo, Ida, Jonas, Karin, Leo, Maria, Nils, Olga,
Paul, Quinn, Rosa, Samir, Tara, Umar, Vera, Walter, Ximena, Yusuf, Zoe, Amara, Bilal, Chloe,
Dmitri, Esra, Farid, Gloria, Hiro, Ingrid, Jamal, Kenji, Lucia, Mateo, Nadia, Omar, Priya, Rafael,
Sofia, Tomas, Uma, Viktor, Wendy, Xavier, Yara, Zara, Aidan, Beatrix, Carlos, Daphne, Emil,
Fatima, George, Hannah, Ivan, Julia, Kofi, Leila, Marcus, Nora, Oscar, Petra, Ravi, Sven, Theo,
Ursula, Vincent, Wanda, Yannick, Zeynep, Arjun, Bruno, Celeste, Dario, Edith, Freya, Gustav,
Helena, Isaac, Joana, Klaus, Lars, Mina, Noah, Otto, Pilar, Rita, Silas, Tobias, Viola, Willem,
Yuki, Abel, Bianca, Cyril, Dora, Ezra, Fiona, Gideon, Hazel, Igor, Jasmin, Kai, Lydia, Milan,
Nina, Orla, Pascal, Ruth, Stella, Timo, Valerie, Mom, Dad, Grandma, Aunt May, Uncle Joe, Dr Patel,
Mrs Green, Mr Novak, Coach Lee, Professor Hale"""
)

LAST = _split(
    """
Abbott, Becker, Castillo, Dubois, Eriksen, Fischer, Garcia, Hansen, Ito, Jensen, Kowalski,
Lindgren, Moreau, Nakamura, Okafor, Petrov, Quigley, Romano, Schmidt, Tanaka, Ueda, Vargas, Weber,
Xu, Yilmaz, Zimmer, Andrade, Brandt, Chaudhry, Delgado, Engel, Farkas, Grant, Hoffman, Ivanova,
Jovanovic, Kaplan, Larsen, Mendes, Novak, Osei, Park, Reyes, Sato, Turner, Ustinov, Vogel, Walsh,
Yamada, Zhang, Achebe, Bianchi, Carver, Drummond, Ellis, Fontaine, Gruber, Hughes, Keller,
Lambert, Murphy, Nilsson, Ortega, Pereira, Rossi, Singh, Thornton, Vance, Whitfield, Young"""
)

CITY = _split(
    """
Tokyo, Paris, London, Berlin, Madrid, Rome, Vienna, Lisbon, Dublin, Oslo, Stockholm, Copenhagen,
Helsinki, Warsaw, Prague, Budapest, Athens, Istanbul, Cairo, Lagos, Nairobi, Accra, Dakar, Tunis,
Casablanca, Cape Town, Johannesburg, Addis Ababa, Dubai, Doha, Riyadh, Tehran, Karachi, Lahore,
Mumbai, Delhi, Bangalore, Chennai, Kolkata, Dhaka, Colombo, Kathmandu, Bangkok, Hanoi,
Ho Chi Minh City, Singapore, Jakarta, Manila, Taipei, Hong Kong, Shanghai, Beijing, Seoul, Busan,
Osaka, Kyoto, Sapporo, Sydney, Melbourne, Perth, Brisbane, Auckland, Wellington, Honolulu,
Anchorage, Seattle, Portland, San Francisco, Los Angeles, San Diego, Las Vegas, Phoenix, Denver,
Dallas, Houston, Austin, Chicago, Detroit, Boston, New York, Philadelphia, Washington, Atlanta,
Miami, Orlando, Toronto, Montreal, Vancouver, Calgary, Mexico City, Guadalajara, Havana, Bogota,
Lima, Quito, Santiago, Buenos Aires, Montevideo, Sao Paulo, Rio de Janeiro, Recife, Munich,
Hamburg, Cologne, Leipzig, Zurich, Geneva, Basel, Lyon, Nice, Marseille, Bordeaux, Lille,
Brussels, Antwerp, Ghent, Amsterdam, Utrecht, Rotterdam, Manchester, Leeds, Bristol, Glasgow,
Edinburgh, Cardiff, Belfast, Cork, Galway, Porto, Seville, Valencia, Bilbao, Turin, Milan, Naples,
Palermo, Florence, Venice, Bologna, Salzburg, Graz, Innsbruck, Bratislava, Krakow, Gdansk,
Vilnius, Riga, Tallinn, Bergen, Malmo, Aarhus, Turku, Reykjavik, Sofia, Bucharest, Belgrade,
Zagreb, Split, Ljubljana, Sarajevo, Skopje, Tirana, Nicosia, Beirut, Amman, Tbilisi, Yerevan,
Baku, Almaty, Tashkent"""
)

COUNTRY = _split(
    """
Japan, France, Germany, Spain, Italy, Austria, Portugal, Ireland, Norway, Sweden, Denmark,
Finland, Poland, Hungary, Greece, Turkey, Egypt, Nigeria, Kenya, Ghana, Senegal, Tunisia, Morocco,
South Africa, Ethiopia, Qatar, Saudi Arabia, Pakistan, India, Bangladesh, Sri Lanka, Nepal,
Thailand, Vietnam, Indonesia, the Philippines, Taiwan, China, South Korea, Australia, New Zealand,
Canada, Mexico, Cuba, Colombia, Peru, Ecuador, Chile, Argentina, Uruguay, Brazil, Switzerland,
Belgium, the Netherlands, Scotland, Wales, Iceland, Croatia, Slovenia, Romania, Bulgaria, Estonia,
Latvia, Lithuania"""
)

STREET = _split(
    """
Oak Street, Mill Road, Station Road, High Street, Park Avenue, Church Lane, River Walk, Elm Drive,
Market Square, Harbour Street, King Street, Queens Road, Maple Avenue, Cedar Court, Hill View,
Bridge Street, School Lane, Garden Row, Victoria Terrace, Linden Allee, Rue des Fleurs, Via Verdi,
Calle Mayor, Birch Close, Sunset Boulevard, Canal Street"""
)

COMPANY_HEAD = _split(
    """
Northwind, Bluefin, Acorn, Lumen, Vertex, Harbor, Summit, Ironwood, Silverline, Brightside,
Cobalt, Evergreen, Falcon, Granite, Horizon, Juniper, Keystone, Lakeshore, Meridian, Nimbus,
Orchard, Pinnacle, Quartz, Redwood, Sterling, Tidal, Umbra, Vista, Wildflower, Zenith, Amber,
Beacon, Cascade, Delta, Echo, Foxglove, Gable, Hollow, Indigo, Jasper"""
)
COMPANY_TAIL = _split(
    """
Foods, Logistics, Systems, Labs, Partners, Media, Textiles, Motors, Energy, Studio, Consulting,
Bakery, Press, Design, Robotics, Insurance, Bank, Farms, Health, Travel, Software, Tools, Paper,
Optics, Marine, Ltd, Inc, GmbH"""
)

ADJECTIVE = _split(
    """
red, blue, green, black, white, silver, golden, wooden, steel, leather, cotton, wireless,
portable, folding, electric, vintage, small, large, waterproof, lightweight, ceramic, organic,
heavy, quiet, smart, reusable, winter, summer, striped, round, square, soft, compact, deluxe,
ergonomic, stainless, bamboo, velvet, insulated, adjustable"""
)
THING = _split(
    """
headphones, desk lamp, office chair, backpack, water bottle, running shoes, keyboard, monitor,
notebook, umbrella, mug, kettle, frying pan, blender, rug, pillow, blanket, mirror, bookshelf,
toolbox, drill, hammer, tent, sleeping bag, bicycle, helmet, scarf, gloves, jacket, raincoat,
sweater, sunglasses, watch, camera, tripod, speaker, charger, phone case, router, printer,
scanner, microphone, guitar, violin, flute, puzzle, board game, doll, toy train, ladder,
garden hose, flower pot, candle, clock, vase, curtain, mattress, sofa, coffee table, suitcase,
wallet, belt, boots, socks, towel, toaster, grill"""
)
FOOD = _split(
    """
milk, eggs, bread, butter, cheese, rice, pasta, flour, sugar, salt, olive oil, tomatoes, onions,
garlic, potatoes, carrots, apples, bananas, oranges, lemons, grapes, strawberries, spinach,
lettuce, cucumbers, peppers, mushrooms, chicken, beef, salmon, tuna, tofu, beans, lentils,
chickpeas, yogurt, cream, honey, jam, oats, cereal, coffee, tea, orange juice, chocolate, almonds,
walnuts, peanut butter, noodles, soy sauce, vinegar, mustard, basil, parsley, ginger, avocados"""
)
DISH = _split(
    """
margherita pizza, chicken curry, vegetable soup, caesar salad, beef burger, fish tacos, pad thai,
mushroom risotto, lentil stew, ramen, sushi platter, lasagna, falafel wrap, pancakes,
french toast, apple pie, cheesecake, brownies, shakshuka, paella, goulash, dumplings, bibimbap,
moussaka, quiche, tomato soup, fried rice, burrito bowl, gnocchi"""
)
TOPIC = _split(
    """
climate change, electric cars, black holes, the stock market, gardening, chess openings,
sourdough baking, world history, artificial intelligence, space travel, deep sea fish, jazz,
renewable energy, ancient Rome, vaccines, volcanoes, photography, marathon training,
home insurance, tax reform, bee keeping, coral reefs, solar panels, quantum computing,
city planning, bird migration, coffee roasting, public transport, remote work, water rights,
steam engines, dinosaurs, meditation, urban farming, battery recycling, board games, folk music,
glaciers, wolves, robotics, robot ethics, tea, medieval castles, wind turbines, hockey, cycling,
opera, street food, bridges, submarines, satellites, fungi"""
)
VERB_TASK = _split(
    """
call, email, visit, thank, remind, invite, pick up, meet"""
)
TASK = _split(
    """
water the plants, take out the trash, feed the cat, walk the dog, pay the rent, buy stamps,
renew my passport, clean the kitchen, change the bed sheets, book a haircut, send the report,
check the oven, charge the car, do the laundry, return the library books, fix the bike,
order new glasses, back up the laptop, defrost the chicken, mow the lawn, sign the contract,
print the tickets, update the resume, cancel the gym, wash the car, practice piano, stretch,
take my pills, drink water, submit the timesheet, prepare the slides, review the budget,
wrap the presents, lock the gate, replace the filter, sharpen the knives, sort the mail,
test the smoke alarm, turn off the heating, read the lease"""
)
MESSAGE = _split(
    """
I'm running late, see you at the station, dinner is ready, the meeting moved to Friday,
happy birthday, I'll be there soon, can you bring the keys, thanks for your help,
the package arrived, let's reschedule, I left the documents on your desk, great job today,
please call me back, we need more paper, the train is delayed, good luck with the exam,
I miss you, don't forget the cake, the door code changed, we won the match, I'm at the airport,
the demo went well, lunch is on me, the server is back up, your order is ready,
please review the draft, I found your umbrella, the rent is due, welcome to the team,
the kids are asleep, my phone is dying, keep me posted, we are out of coffee, all tests passed"""
)
TITLE = _split(
    """
Weekly Review, Project Kickoff, Holiday Plans, Budget Draft, Reading List, Team Lunch,
Design Sync, Dentist, Yoga Class, Board Meeting, Sprint Planning, Garden Ideas, Packing List,
Meal Plan, Quarterly Goals, Recipe Notes, Family Dinner, Piano Lesson, Book Club, Parent Evening,
Launch Checklist, Interview Notes, Travel Diary, House Rules, Movie Night, Budget Meeting,
One on One, Client Call, Science Fair, Road Trip, Spring Cleaning, Wedding Guests, Vendor Contacts"""
)
ART_A = _split(
    """
Silent, Golden, Broken, Distant, Midnight, Electric, Hidden, Crimson, Paper, Wandering, Frozen,
Burning, Velvet, Hollow, Northern, Salt, Lonely, Neon, Quiet, Savage, Tender, Glass, Wild, Lost,
Second, Seventh, Winter, Copper"""
)
ART_B = _split(
    """
River, Sky, Hearts, Garden, Mirror, Highway, Ocean, Letters, Empire, Shadows, Harvest, Lanterns,
Machine, Kingdom, Rain, Summer, Bridge, Echoes, Forest, Clock, Island, Stars, Horses, Stories,
Harbor, Dance, Thunder, Road, Window, Orchard"""
)
LANGUAGE = _split(
    """
French, Spanish, German, Italian, Portuguese, Dutch, Swedish, Norwegian, Danish, Finnish, Polish,
Czech, Hungarian, Greek, Turkish, Arabic, Hebrew, Hindi, Bengali, Tamil, Thai, Vietnamese,
Indonesian, Korean, Japanese, Mandarin, Swahili, Ukrainian, Romanian, Icelandic, Welsh, Irish,
Catalan, Persian, Urdu"""
)
CURRENCY = _split(
    """
euros, dollars, US dollars, pounds, yen, Swiss francs, kronor, rupees, pesos, zloty, lira, won,
rand, yuan, reais, USD, EUR, GBP, JPY, CHF, SEK, NOK, INR, MXN, PLN, TRY, KRW, ZAR, CNY, BRL, AUD,
CAD, NZD, HUF, CZK, THB, SGD"""
)
ROOM = _split(
    """
kitchen, living room, bedroom, bathroom, hallway, garage, office, basement, attic, nursery,
guest room, dining room, laundry room, porch, garden, studio, library, balcony, playroom, workshop"""
)
SPORT = _split(
    """
football, basketball, tennis, running, swimming, cycling, yoga, rowing, climbing, boxing, pilates,
hiking, skiing, dancing, badminton, volleyball, weight lifting, skating, surfing, walking"""
)
ANIMAL = _split(
    "dog, cat, rabbit, parrot, hamster, horse, goat, turtle, canary, ferret, pony, hen, goldfish, lizard"
)
PLANT = _split(
    "basil, rose, tomato, fern, orchid, cactus, lavender, mint, olive tree, lemon tree, tulip, ivy, monstera"
)
WORD = _split(
    """
serendipity, umbrella, gratitude, velocity, harvest, bridge, whisper, lantern, curious, meadow,
thunder, ephemeral, balance, orbit, gentle, pepper, window, journey, marble, candle, stubborn,
glacier, fabric, copper, resilient, hollow"""
)
FILE_STEM = _split(
    """
report, invoice, notes, budget, photo, backup, draft, summary, slides, contract, resume, data,
results, minutes, plan, schedule, recording, interview, thesis, inventory, receipts, logo, map,
menu, poster, config, log, export"""
)
FOLDER = _split(
    "documents, downloads, projects, archive, photos, work, music, shared, backup, reports, clients, tmp, src"
)
EXTENSION = _split(
    "pdf, txt, docx, csv, xlsx, png, jpg, mp3, wav, mp4, json, md, zip, html, py, log"
)
MAIL_HOST = _split(
    "example.com, mail.example, postbox.test, office.example, home.test, studio.example, school.test"
)
MONTH = _split(
    "January, February, March, April, May, June, July, August, September, October, November, December"
)
WEEKDAY = _split("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")

_ONSET = _split(
    "b, br, d, dr, f, g, gl, h, k, kl, l, m, n, p, pr, r, s, sh, st, t, tr, v, w, z, th, q"
)
_VOWEL = _split("a, e, i, o, u, ai, ea, io, ou, ei")
_CODA = ("", "", "n", "r", "l", "s", "m", "k", "nd", "rt", "x", "th")


def invented(rng: random.Random, syllables: tuple[int, int] = (2, 3)) -> str:
    """A pronounceable name that is in no list, so that copying is the only way to get it right."""
    parts = [rng.choice(_ONSET) + rng.choice(_VOWEL) for _ in range(rng.randint(*syllables))]
    return ("".join(parts) + rng.choice(_CODA)).capitalize()
