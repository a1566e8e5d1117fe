-- The people of contacts beside the first: whose each number is. The rest of them lies in the contact's state.

CREATE TABLE person (
    number  NUMBER_KEY,
    contact BIGINT NOT NULL REFERENCES contact (number)
);

CREATE INDEX person_contact ON person (contact);
