"""Sentences of ours for two tasks of `word_tasks`: is it praise or blame, and what is the correct English?"""

SENTIMENT_POOL = (
    """
    I laughed from the first minute to the last.
    The soup was hot, fresh and full of flavour.
    Our guide was kind and knew every stone.
    This is the best pair of boots I have ever owned.
    What a wonderful evening, we will come again.
    The new lamp looks lovely and works perfectly.
    The story touched my heart.
    """,
    """
    The film was so dull that I fell asleep.
    The waiter was rude and the food was cold.
    It broke after two days and nobody answered my letters.
    I want my money back.
    The room smelled of smoke and the bed was dirty.
    A terrible book with a silly ending.
    The worst concert I have been to in years.
    """,
)

POSITIVE = """
    The acting was superb and the music even better.
    I have never slept so well in a hotel.
    A charming little shop with friendly people.
    Every page made me want to read the next.
    The cake was delicious.
    My children adore this game.
    It arrived early and works like a dream.
    The view from the balcony is breathtaking.
    He explains hard things with patience and humour.
    I would buy it again without a second thought.
    The garden was a delight in every season.
    A brilliant film with an unforgettable hero.
    The staff went out of their way to help us.
    This pan is a joy to cook with.
    We had a fantastic time on the boat.
    The sound is clear and warm.
    She sings like an angel.
    Excellent bread, crisp outside and soft inside.
    The jacket fits well and keeps me warm.
    I am very happy with my new bicycle.
    The museum was fascinating and well arranged.
    A great present that made my mother smile.
    The battery lasts for days, I am impressed.
    The best coffee in town.
    The teacher was inspiring and fair.
    The play was a triumph.
    I loved every minute of this trip.
    The chair is comfortable and beautifully made.
    Quick delivery, careful packing, perfect quality.
    A gentle and funny story for the whole family.
    The beach was clean and peaceful.
"""

NEGATIVE = """
    The plot made no sense and the jokes were stale.
    The hotel was noisy and we could not sleep.
    The clerk ignored us and then shouted.
    I gave up after ten boring pages.
    The fish was rotten.
    My children hated this game.
    It came late, scratched and without a cable.
    The view is spoiled by an ugly car park.
    He is impatient and explains nothing.
    I regret that I ever bought it.
    The garden was full of rubbish.
    An awful film with a tiresome hero.
    The staff were lazy and careless.
    This pan burns everything, do not buy it.
    We had a miserable time on the boat.
    The sound is thin and full of noise.
    Her singing hurt my ears.
    The bread was stale and hard as a rock.
    The jacket tore on the first day.
    I am deeply disappointed with my new bicycle.
    The museum was a waste of an afternoon.
    A cheap and nasty present.
    The battery is dead after an hour, what a pity.
    The coffee tasted like dishwater.
    The teacher was unfair and unprepared.
    The play was a disaster.
    I could not wait for this trip to end.
    The chair wobbles and hurts my back.
    Slow delivery, careless packing, poor quality.
    A cruel and pointless story.
    The beach was crowded and filthy.
"""

GRAMMAR_POOL = """
    She no went to the market. > She didn't go to the market.
    He have a red bicycle. > He has a red bicycle.
    I has two brothers. > I have two brothers.
    They was late for dinner. > They were late for dinner.
    We eated all the bread. > We ate all the bread.
    She buyed a new coat. > She bought a new coat.
    I saw a elephant at the zoo. > I saw an elephant at the zoo.
    There is three cups on the table. > There are three cups on the table.
    My sister are a doctor. > My sister is a doctor.
    He can swims very well. > He can swim very well.
    This house is more old than ours. > This house is older than ours.
    I have five book in my bag. > I have five books in my bag.
    Him is my best friend. > He is my best friend.
"""

GRAMMAR = """
    He go to work by bus every day. > He goes to work by bus every day.
    The dogs barks at night. > The dogs bark at night.
    She like chocolate very much. > She likes chocolate very much.
    My parents lives in a small village. > My parents live in a small village.
    It rain a lot in autumn. > It rains a lot in autumn.
    The cat sleep on the sofa all day. > The cat sleeps on the sofa all day.
    You is very kind. > You are very kind.
    I is tired today. > I am tired today.
    We was at home last night. > We were at home last night.
    The children is in the garden. > The children are in the garden.
    There are a mouse in the kitchen. > There is a mouse in the kitchen.
    He were ill last week. > He was ill last week.
    Yesterday I goed to the cinema. > Yesterday I went to the cinema.
    She writed a long letter to her aunt. > She wrote a long letter to her aunt.
    They runned to the station. > They ran to the station.
    He taked my umbrella by mistake. > He took my umbrella by mistake.
    I seed a fox in the forest. > I saw a fox in the forest.
    The boy breaked the window. > The boy broke the window.
    We swimmed in the lake last summer. > We swam in the lake last summer.
    She teached me how to cook. > She taught me how to cook.
    The bird flied over the house. > The bird flew over the house.
    He falled off the ladder. > He fell off the ladder.
    I finded a coin in the street. > I found a coin in the street.
    They builded a house near the sea. > They built a house near the sea.
    She drinked a glass of milk. > She drank a glass of milk.
    My uncle selled his car last month. > My uncle sold his car last month.
    We knowed the answer. > We knew the answer.
    He speaked to the teacher. > He spoke to the teacher.
    She ate a apple for lunch. > She ate an apple for lunch.
    He is a honest man. > He is an honest man.
    I waited for a hour. > I waited for an hour.
    We found a egg in the nest. > We found an egg in the nest.
    She wants to be an teacher. > She wants to be a teacher.
    He drives an blue car. > He drives a blue car.
    I need two egg for the cake. > I need two eggs for the cake.
    She has three cat and a dog. > She has three cats and a dog.
    There were many car in the street. > There were many cars in the street.
    Two man carried the piano. > Two men carried the piano.
    The baby has four tooth. > The baby has four teeth.
    The childs are playing outside. > The children are playing outside.
    My foots are cold. > My feet are cold.
    She must goes home now. > She must go home now.
    He can speaks three languages. > He can speak three languages.
    You should eats more fruit. > You should eat more fruit.
    We will visits our grandmother on Sunday. > We will visit our grandmother on Sunday.
    I did not saw him yesterday. > I did not see him yesterday.
    She did not came to the party. > She did not come to the party.
    Did you ate the last piece of cake? > Did you eat the last piece of cake?
    He does not likes fish. > He does not like fish.
    Does she has a brother? > Does she have a brother?
    This book is more cheap than that one. > This book is cheaper than that one.
    She is more tall than her brother. > She is taller than her brother.
    He is the most old man in the village. > He is the oldest man in the village.
    This is the bestest cake of all. > This is the best cake of all.
    Me went to school with my sister. > I went to school with my sister.
    Her is a very good singer. > She is a very good singer.
    Them live in a big city. > They live in a big city.
    I gave the book to he. > I gave the book to him.
    We saw they at the station. > We saw them at the station.
    This shoes are too small for me. > These shoes are too small for me.
    She is listening music in her room. > She is listening to music in her room.
    He is waiting the bus. > He is waiting for the bus.
    I am go to bed now. > I am going to bed now.
    They are play football in the park. > They are playing football in the park.
    She enjoys to read in the evening. > She enjoys reading in the evening.
"""
