//! instant-epp, the strictest reader of answers there is (facts: it types every element and fails on one too many).
