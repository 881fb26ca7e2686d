// What was said is found again, page by page.

import assert from "node:assert/strict";
import { text } from "../lib/relations.js";
import { until } from "../lib/until.js";

const SAID = 15;
const PAGE = 5;

/** Bob finds what alice said of marmalade, in the clear room. */
export async function find(report, roomId, alice, bob, meanwhile) {
    const sent = [];
    const search = () =>
        bob.client.searchRoomEvents({ term: "marmalade", filter: { rooms: [roomId], limit: PAGE } });
    let found;
    await report.need("bob finds the latest of what alice said", async () => {
        for (let number = 0; number < SAID; number += 1) {
            const body = `Marmalade number ${number} is from Seville`;
            sent.push((await alice.client.sendMessage(roomId, text(body))).event_id);
        }
        found = await until("the messages to be found", async () => {
            const results = await search();
            return results.count === SAID && results;
        });
        assert.deepEqual(ids(found), sent.slice(-PAGE).reverse());
        assert.deepEqual(found.highlights, ["marmalade"]);
    });
    await meanwhile();
    await report.step("and, page by page, all of it with what was said around it", async () => {
        while (found.next_batch !== undefined) await bob.client.backPaginateRoomEventsSearch(found);
        assert.deepEqual(ids(found), sent.toReversed());
        const middle = found.results[7].context;
        assert.equal(middle.getTimeline().length, 3);
    });
    await report.step("what alice took back is not found any more", async () => {
        await alice.client.redactEvent(roomId, sent[0]);
        await until("one less", async () => (await search()).count === SAID - 1);
    });
}

const ids = (results) => results.results.map((result) => result.context.getEvent().getId());
