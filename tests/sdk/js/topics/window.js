// A device of bob's syncs by the sliding window and misses nothing of what the others do.

import assert from "node:assert/strict";
import { NotificationCountType } from "matrix-js-sdk";
import { text } from "../lib/relations.js";
import { until } from "../lib/until.js";

/** `meanwhile` happens in the middle; `sliding` is another device of bob's; `rooms` are the ids of the clear and of the encrypted room. */
export async function watch(report, alice, bob, sliding, rooms, meanwhile) {
    await report.step("the window shows both rooms with their names", async () => {
        for (const { roomId, name } of Object.values(rooms)) {
            const room = await sliding.room(roomId);
            await until("its name", () => room.name === name);
            assert.equal(room.hasEncryptionStateEvent(), name === rooms.encrypted.name);
        }
    });
    await report.step("alice hears of bob's new device", () => alice.knows(sliding));
    for (const [kind, { roomId }] of Object.entries(rooms)) {
        await report.step(`a message in the ${kind} room arrives through the window`, async () => {
            const { event_id: id } = await alice.client.sendMessage(roomId, text(`seen in the ${kind} room`));
            assert.equal((await sliding.sees(roomId, id)).getContent().body, `seen in the ${kind} room`);
        });
    }
    await meanwhile();
    const { roomId } = rooms.clear;
    await report.step("what is written in the window arrives at alice's", async () => {
        const { event_id: id } = await sliding.client.sendMessage(roomId, text("through the window"));
        assert.equal((await alice.sees(roomId, id)).getContent().body, "through the window");
    });
    await report.step("typing and receipts come through the window", () => passing(roomId, alice, sliding));
    await report.step("the window counts a mention until bob's other device reads it", () =>
        counted(roomId, alice, bob, sliding),
    );
    await report.step("bob's account data comes through the window", async () => {
        await bob.client.setAccountData("org.example.window", { answer: 42 });
        await until("the data", () => sliding.client.getAccountData("org.example.window")?.getContent().answer === 42);
    });
}

async function passing(roomId, alice, sliding) {
    const room = await sliding.room(roomId);
    await alice.client.sendTyping(roomId, true, 20_000);
    await until("alice typing", () => room.getMember(alice.userId)?.typing);
    await alice.client.sendTyping(roomId, false, 0);
    await until("alice no longer typing", () => !room.getMember(alice.userId).typing);
    const { event_id: id } = await sliding.client.sendMessage(roomId, text("read this, alice"));
    await alice.client.sendReadReceipt(await alice.sees(roomId, id));
    await until("alice's receipt", () => room.getEventReadUpTo(alice.userId, true) === id);
}

async function counted(roomId, alice, bob, sliding) {
    const room = await sliding.room(roomId);
    const highlights = () => room.getUnreadNotificationCount(NotificationCountType.Highlight);
    const content = { ...text("bob, look through the window"), "m.mentions": { user_ids: [bob.userId] } };
    const { event_id: id } = await alice.client.sendMessage(roomId, content);
    await until("a highlight", () => highlights() >= 1);
    await bob.client.sendReadReceipt(await bob.sees(roomId, id));
    await until("no count", () => highlights() === 0 && room.getUnreadNotificationCount() === 0);
}
