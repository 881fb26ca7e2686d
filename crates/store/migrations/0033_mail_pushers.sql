-- Pushers of kind email.
-- unsubscribe_token: who knows it may remove the pusher: it stands in the links of its mails. NULL: the pusher has never been of
-- that kind.
-- unread_mails: how many mails have gone out since its user has last read anything: the more, the longer the next one waits.
ALTER TABLE pushers ADD COLUMN unsubscribe_token {text};
ALTER TABLE pushers ADD COLUMN unread_mails {int} NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX pushers_by_unsubscribe_token ON pushers (unsubscribe_token) WHERE unsubscribe_token IS NOT NULL;
