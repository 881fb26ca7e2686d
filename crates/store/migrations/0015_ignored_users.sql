-- Finds at start who ignores whom without looking at all account data.
CREATE INDEX account_data_ignored ON account_data (user_num)
    WHERE type = 'm.ignored_user_list' AND room_num = -1;
