-- To which versions of which policy documents users have agreed, and when (Unix ms).
CREATE TABLE accepted_policies (
    user_num {int} NOT NULL,
    policy_id {text} NOT NULL,
    version {text} NOT NULL,
    accepted_ts {int} NOT NULL,
    PRIMARY KEY (user_num, policy_id, version)
){keyed};

-- Which users were told by the server that they have not agreed, and of what.
-- terms: names all documents with their versions as they were then.
CREATE TABLE policy_notices (
    user_num {int} NOT NULL,
    terms {text} NOT NULL,
    sent_ts {int} NOT NULL,
    PRIMARY KEY (user_num, terms)
){keyed};
