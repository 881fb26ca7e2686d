// People say what they are doing, and those who share a room with them see it at once.

import assert from "node:assert/strict";
import { ClientEvent } from "matrix-js-sdk";
import { STATUS } from "../lib/person.js";
import { until } from "../lib/until.js";

const SWIMMING = { text: "Swimming", emoji: "🏊" };

/** Bob shows a status and takes it back, which alice and a newcomer see; `meanwhile` happens in between. */
export async function show(report, alice, bob, newcomer, meanwhile) {
    const heard = [];
    const hear = (userId, fields) => heard.push([userId, fields?.[STATUS]]);
    alice.client.on(ClientEvent.UserProfileUpdate, hear);
    const stored = async (person) => (await person.client.store.getUserProfile(bob.userId))?.[STATUS];
    await report.step("bob shows what he is doing, alice is told", async () => {
        await bob.client.setExtendedProfileProperty(STATUS, SWIMMING);
        await until("bob's status", async () => (await stored(alice))?.text === SWIMMING.text);
        assert.deepEqual(heard.at(-1), [bob.userId, SWIMMING]);
        assert.deepEqual(await alice.client.getExtendedProfileProperty(bob.userId, STATUS), SWIMMING);
    });
    await report.step("bob's own client is told, too", () =>
        until("the own status", async () => (await stored(bob))?.text === SWIMMING.text),
    );
    await meanwhile();
    await report.step("who comes into a room of bob's sees it with the first answer", async () => {
        const erin = await newcomer();
        const { room_id: id } = await bob.client.createRoom({ name: "A pool", preset: "public_chat" });
        assert.equal(await stored(erin), undefined);
        await erin.client.joinRoom(id);
        await until("the status of bob", async () => (await stored(erin))?.text === SWIMMING.text);
        await erin.client.leave(id);
        await until("nothing of bob any more", async () => (await stored(erin)) === undefined);
    });
    await report.step("bob takes it back", async () => {
        await bob.client.deleteExtendedProfileProperty(STATUS);
        await until("no status", async () => (await stored(alice)) === null);
        assert.deepEqual(heard.at(-1), [bob.userId, null]);
    });
    alice.client.off(ClientEvent.UserProfileUpdate, hear);
}
