-- Who can be found by the user directory, as it shows them. folded_name: the name as it is compared.
-- Made from profile_fields, memberships and current_state, and kept up by the service `directory`.
CREATE TABLE user_directory (
    user_num {int} PRIMARY KEY,
    user_id {text} NOT NULL,
    display_name {text},
    avatar_url {text},
    folded_name {text} NOT NULL
);

-- The words that a user is found by: a search looks for their beginnings.
CREATE TABLE user_directory_words (
    word {text} NOT NULL,
    user_num {int} NOT NULL,
    PRIMARY KEY (word, user_num)
){keyed};
CREATE INDEX user_directory_words_by_user ON user_directory_words (user_num);

-- The rooms that anybody may enter or read: whoever is in one can be found by everybody.
CREATE TABLE user_directory_rooms (
    room_num {int} PRIMARY KEY
);
