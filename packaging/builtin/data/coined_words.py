"""Words of which coined tools (coined.py) are put together."""

from __future__ import annotations

from .words import _split

NOUN = _split(
    """
badge, permit, ticket, pass, form, claim, batch, crate, pallet, route, lane, parking spot, locker,
key card, token, ledger, receipt, refund, deposit, loan, mortgage, pension, bonus, salary, payslip, tax return,
audit, memo, letter, parcel, postcard, stamp, envelope, poster, leaflet, banner, brochure, catalogue,
exhibit, painting, sculpture, sketch, photograph, album, chorus, melody, anthem, concert, recital, rehearsal,
audition, script, screenplay, chapter, poem, essay, headline, column, editorial, caption, footnote, glossary,
crossword, riddle, anagram, proverb, quotation, slogan, nickname, rhyme, acronym, abbreviation,
puzzle, lottery, raffle, tournament, league, match, referee, score, trophy, medal, penalty, lap, marathon,
tide, wave, current, storm, drought, rainfall, snowfall, avalanche, earthquake, volcano, comet, eclipse,
planet, orbit, telescope, microscope, beaker, specimen, enzyme, isotope, molecule, alloy, crystal, mineral,
fossil, meadow, orchard, vineyard, greenhouse, seedling, harvest, fertilizer, hedge, lawn, beehive, pond,
fence, gate, roof, chimney, gutter, window, door, lock, staircase, elevator, corridor, ceiling, carpet,
wallpaper, paint, brush, ladder, hammer, drill, saw, wrench, bolt, screw, nail, hinge, valve, pump, pipe,
boiler, radiator, thermostat, heater, fan, filter, compressor, generator, battery, charger, cable, socket,
fuse, switch, lamp, lantern, candle, torch, mirror, shelf, drawer, cupboard, wardrobe, mattress, blanket,
pillow, towel, soap, shampoo, perfume, lotion, razor, haircut, manicure, massage, sauna, bath,
bandage, syringe, vaccine, allergy, symptom, diagnosis, surgery, ward, nurse, clinic, pharmacy, pill, dosage,
pulse, blood pressure, temperature, weight, calorie, protein, vitamin, diet, meal, snack, dessert, breakfast,
sandwich, salad, broth, sauce, spice, marinade, dough, loaf, pastry, cookie, pie, jam, syrup, smoothie,
cocktail, wine, beer, cider, juice, espresso, teapot, kettle, oven, grill, freezer, dishwasher, pantry,
grocery, basket, cart, coupon book, discount, warranty, label, barcode, price tag, shelf life, stock level,
supplier, vendor, tenant, landlord, lease, apartment, villa, cottage, hostel, campsite, tent, cabin,
ferry, tram, subway, taxi, scooter, bicycle, truck, trailer, forklift, tractor, engine, gearbox, brake, tire,
windshield, dashboard, mileage, toll, detour, bridge, tunnel, harbor, dock, anchor, sail, canoe, lighthouse,
airport, runway, boarding gate, luggage, passport, visa, itinerary, souvenir, guide, map, compass, trail,
summit, glacier, canyon, beach, island, lagoon, aquarium, zoo, kennel, leash, collar, feeder, litter, saddle,
stable, nest, cage, fish tank, puppy, kitten, herd, flock, swarm,
sensor, antenna, router, modem, firewall, server, cluster, container, database, index, cache, backup,
snapshot, pipeline, deployment, rollback, endpoint, webhook, certificate, password hint, cookie banner,
domain, subdomain, mailbox, inbox, newsletter, thread, comment, mention, emoji, sticker, avatar, profile,
bookmark, hashtag, playlist cover, channel, stream, episode, subtitle, thumbnail, trailer clip,
robot, drone, gripper, conveyor, turbine, rotor, propeller, satellite, rocket, capsule, payload, beacon,
alarm, siren, camera, doorbell, intercom, keypad, vault, safe, guard, patrol, inspection, inventory count,
checklist, milestone, backlog, roadmap, blueprint, prototype, mockup, wireframe, survey plot, boundary,
census, ballot, petition, motion, bylaw, verdict, subpoena, testimony, witness, deed, patent, trademark,
charter, treaty, embassy, border, curfew, parade, festival, picnic, banquet, wedding, anniversary, reunion,
costume, mask, wig, jacket, scarf, glove, boot, zipper, button, fabric, yarn, pattern, hem, stitch, quilt,
choir, orchestra, drum, violin, flute, piano tuning, tempo, chord, scale, lyric,
lesson, lecture, seminar, exam, syllabus, homework, textbook, chalkboard, scholarship fund, diploma, tutor,
fire drill, evacuation, shelter, rescue, ambulance, helmet, vest, whistle, flare, oxygen tank"""
)

MODIFIER = _split(
    """
delivery, security, safety, garden, kitchen, office, factory, school, hospital, hotel, airport, harbor, museum,
library, stadium, theatre, church, market, village, river, mountain, forest, desert, winter, summer, night,
weekend, weekly, monthly, annual, daily, emergency, backup, spare, guest, staff, student, visitor, member,
family, team, company, city, regional, public, private, internal, external, digital, printed, mobile, portable,
solar, electric, thermal, hydraulic, acoustic, optical, magnetic, nuclear, organic, frozen, fresh, dry, wet,
travel, training, test, trial, sample, demo, launch, export, import, transfer, storage, repair, cleaning,
painting, wedding, birthday, holiday, insurance, tax, rent, energy, water, gas, heat, noise, light, dust, pollen,
blood, heart, sleep, skin, eye, dental, pet, dog, cat, horse, bird, fish, bee, plant, tree, flower, fruit, wine,
coffee, tea, bread, cheese, rice, sugar, paper, glass, steel, copper, gold, silver, wool, cotton, leather"""
)

# A verb, its participle, and how else people say that they want it done ({n} is the thing).
DEEDS = tuple(
    tuple(part.strip() for part in line.split("|"))
    for line in """
pause | paused | put {n} on hold | hold {n} for now
resume | resumed | let {n} go on | carry on with {n}
archive | archived | put {n} away for good | {n} belongs in the archive
rename | renamed | give {n} another name | {n} needs a new name
print | printed | get {n} on paper | {n} on paper, please
lock | locked | make sure nobody opens {n} | {n} must stay shut
unlock | unlocked | open up {n} again | {n} should be open again
approve | approved | give {n} the green light | {n} is fine by me
reject | rejected | turn down {n} | say no to {n}
clean | cleaned | make {n} spotless | {n} is dirty
repair | repaired | fix {n} | {n} is broken
inspect | inspected | take a close look at {n} | have someone look over {n}
water | watered | give {n} some water | {n} is dry
charge | charged | {n} is out of power | give {n} some power
calibrate | calibrated | {n} is off, adjust it | adjust {n}
restart | restarted | turn {n} off and on again | {n} hangs
stop | stopped | make {n} stop | that's enough of {n}
launch | launched | get {n} started | fire up {n}
mute | muted | silence {n} | no sound from {n}
copy | copied | make a duplicate of {n} | a second {n} like this
merge | merged | combine {n} with the rest | bring {n} together
split | split | divide {n} | cut {n} into parts
translate | translated | {n} in another language | I can't read {n} in this language
summarize | summarized | the short version of {n} | {n} in a few words
publish | published | make {n} public | put {n} out there
hide | hidden | nobody should see {n} | make {n} invisible
highlight | highlighted | make {n} stand out | draw attention to {n}
measure | measured | how big is {n} | get the size of {n}
weigh | weighed | how heavy is {n} | put {n} on the scales
paint | painted | {n} could use some color | put a fresh coat on {n}
deliver | delivered | bring {n} over | get {n} to its place
collect | collected | pick up {n} | go and get {n}
return | returned | send {n} back | {n} goes back
recycle | recycled | {n} goes in the recycling | don't throw {n} away, reuse it
assign | assigned | hand {n} to somebody | put someone on {n}
review | reviewed | go through {n} | have a critical look at {n}
sign | signed | put my name under {n} | {n} needs a signature
scan | scanned | run {n} through the scanner | check {n} for anything odd
upload | uploaded | send {n} to the cloud | put {n} online
download | downloaded | get {n} from the net | save {n} here
compress | compressed | make {n} smaller | {n} takes too much room
encrypt | encrypted | make {n} unreadable for others | protect {n} with a key
polish | polished | make {n} shine | {n} should gleam
tune | tuned | {n} sounds wrong | get {n} in tune
insure | insured | get cover for {n} | {n} needs cover
rent | rented | hire {n} | get {n} for a while
reserve | reserved | keep {n} for me | set {n} aside
buy | bought | pay for {n} | I could use {n}, order it
sell | sold | find a buyer for {n} | I want money for {n}
donate | donated | give {n} to charity | {n} goes to a good cause
bake | baked | put {n} in the oven | {n} fresh from the oven
test | tested | see if {n} works | try out {n}
trace | traced | where did {n} come from | follow {n} back
block | blocked | don't let {n} through | keep {n} out
invite | invited | ask {n} to come | have {n} over
rate | rated | give {n} stars | say how good {n} is
pin | pinned | keep {n} at the top | stick {n} on top
mark | marked | put a mark on {n} | flag {n}
extend | extended | make {n} last longer | give {n} more time
postpone | postponed | put {n} off | not now with {n}, later
""".strip().splitlines()
)

# Verbs of tools that look something up, and of tools that make something.
LOOKUP = _split(
    """
get, find, show, check, lookup, fetch, read, search, list, query, view, see, compute, estimate,
predict"""
)
MAKE = _split(
    """
create, make, add, new, generate, build, write, draft, plan, design, prepare, order, book,
request, start, register, compose, suggest, log, record"""
)

# Parameters that anything may have: name, kind, and how a request says them.
DETAIL = tuple(
    tuple(part.strip() for part in line.split("#"))
    for line in """
topic # topic # about {}/on {}/around {}
subject # phrase # about {}/on {}/covering {}
theme # phrase # with {} as the theme/themed {}/about {}
name # name # called {}/named {}/by the name of {}
title # title # called {}/titled {}/with the title {}
label # phrase # labelled {}/called {}
city # city # in {}/for {}/around {}
place # place # in {}/at {}/near {}
location # city # in {}/for {}
country # country # in {}/for {}/from {}
region # country # in {}/for {}
person # person # for {}/with {}
owner # person # of {}/owned by {}/belonging to {}
customer # person # for {}/of {}
author # person # by {}/from {}/written by {}
recipient # person # for {}/to {}
manager # person # under {}/run by {}
company # company # from {}/at {}/for {}/of {}
brand # company # by {}/from {}/made by {}
client # company # for {}/from {}
product # product # for {}/for the {}/of the {}
item # product # for {}/for a {}/of {}
date # date # {@}/for {}
day # date # {@}/for {}
due # date # due {@}/by {}
start # date # from {}/starting {@}
deadline # fixed_date # by {}/before {}
time # time # {@}/at around {}
duration # duration # {@}/lasting {}
language # language # in {}
color # color # in {}/that is {}
material # material # made of {}/in {}
size # size # in {}/in size {}
style # style # in a {} style/that is {}
mood # style # that feels {}/in a {} mood
ingredient # food # with {}/made with {}/using {}
plant # plant # for my {}/for the {}
animal # animal # for a {}/for my {}
sport # sport # for {}/in {}
room # room # for the {}/in the {}
word # anyword # for {}/with {}/using {}
term # anyword # for {}/of {}/for the word {}
keyword # anyword # with {}/matching {}/containing {}
reference # code # {}/number {}/with number {}
code # code # {}/with code {}/under {}
serial # code # with serial {}/{}
file # file # from {}/in {}/for {}
email # email # to {}/for {}
url # url # from {}/at {}/for {}
count # int(2,40) # {} of them/{} times
quantity # int(2,400;pieces/units) # , {}/with {}
guests # int(2,30;people/guests) # for {}
pages # int(2,300;pages) # with {}/of {}
questions # int(3,40;questions) # with {}/of {}
minutes # int(2,90;minutes) # of {}/taking {}/within {}
days # int(2,60;days) # over {}/for {}/of {}
price # money(5,900) # at {}/for {}/costing {}
budget # money(50,9000) # for up to {}/with a budget of {}/under {}
amount # money(5,5000) # of {}/over {}/worth {}
percent # int(1,95;%/percent) # of {}/at {}
weight # num(0.5,90;kg/kilos) # of {}/weighing {}
length # num(0.5,90;m/meters) # of {}/{} long
""".strip().splitlines()
)

COLOR = _split(
    """
red, blue, green, yellow, purple, orange, pink, teal, ivory, maroon, navy, olive, turquoise,
beige, black, white, gray, crimson, lavender, amber"""
)
MATERIAL = _split(
    """
oak, pine, steel, brass, copper, glass, marble, granite, leather, wool, silk, cotton, linen,
bamboo, plastic, rubber, clay, concrete, paper, cork"""
)
SIZE = _split(
    """
small, medium, large, XL, extra large, tiny, 38, 40, 42, 10, A4, A3, king size, pocket size"""
)
STYLE = _split(
    """
modern, rustic, classic, minimal, playful, formal, cheerful, gloomy, calm, romantic, funny,
serious, dramatic, simple, elegant, retro, spooky, cozy, bold, gentle"""
)
MODE = _split(
    """eco, turbo, silent, manual, automatic, fast, slow, normal, low, high, medium, strict, loose, easy, hard, basic,
pro, premium, standard, express, economy, first, north, south, east, west, left, right, front, back, open, closed,
draft, final, public, private, weekly, monthly, daily, yearly, morning, evening, indoor, outdoor, hot, cold, warm,
cool, dry, wet, sweet, sour, mild, spicy, soft, firm, matte, glossy, light, dark, thin, thick, single, double"""
)

# Numbers that something is worked out of, and units in which it may come.
QUANTITY = _split(
    """width, height, depth, length, radius, diameter, base, side, angle, area, volume, mass, weight, speed, velocity,
distance, duration, force, pressure, density, voltage, resistance, capacity, frequency, wavelength, energy, power,
age, income, principal, interest rate, deposit, price, cost, discount rate, quantity, population, growth rate,
number of people, number of days, hours worked, hourly rate, temperature, humidity, altitude, slope, score, mean,
deviation, sample size, probability, ratio, percentage, fuel, consumption, calories, servings, steps, heart rate"""
)
UNITS = (
    ("cm", "m", "inches"), ("kg", "pounds"), ("celsius", "fahrenheit"), ("km", "miles"), ("hours", "minutes"),
    ("liters", "gallons"), ("euros", "dollars"), ("joules", "calories"), ("square meters", "acres"),
)
