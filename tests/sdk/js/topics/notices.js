// What shows that the other is there: read receipts, unread counts, typing notices.

import assert from "node:assert/strict";
import { NotificationCountType, ReceiptType } from "matrix-js-sdk";
import { text } from "../lib/relations.js";
import { pause, until } from "../lib/until.js";

/** Receipts, counts and typing between two people who are in the room. */
export async function notice(report, roomId, alice, bob) {
    await report.step("bob types and stops, alice sees both", async () => {
        const member = (await alice.room(roomId)).getMember(bob.userId);
        await bob.client.sendTyping(roomId, true, 20_000);
        await until("bob typing", () => member.typing);
        await bob.client.sendTyping(roomId, false, 0);
        await until("bob no longer typing", () => !member.typing);
    });
    await report.step("a mention raises bob's highlight, reading it clears both counts", () =>
        readMention(roomId, alice, bob),
    );
    await report.step("alice sees how far bob has read", async () => {
        const event = await fromAlice(roomId, alice, bob, "read this");
        await bob.client.sendReadReceipt(event);
        const room = await alice.room(roomId);
        await until("the receipt", () => room.getEventReadUpTo(bob.userId, true) === event.getId());
        assert.ok(room.getUsersReadUpTo(room.findEventById(event.getId())).includes(bob.userId));
    });
    await report.step("a private receipt stays private", async () => {
        const event = await fromAlice(roomId, alice, bob, "nobody knows who read this");
        await bob.client.sendReadReceipt(event, ReceiptType.ReadPrivate);
        const own = await bob.room(roomId);
        await until("bob's own count", () => own.getUnreadNotificationCount() === 0);
        await fromAlice(roomId, bob, alice, "the next event");
        await pause(200);
        const room = await alice.room(roomId);
        assert.notEqual(room.getEventReadUpTo(bob.userId, true), event.getId());
    });
    await report.step("the fully-read marker comes back to bob", async () => {
        const event = await fromAlice(roomId, alice, bob, "up to here");
        await bob.client.setRoomReadMarkers(roomId, event.getId(), event);
        const room = await bob.room(roomId);
        const marker = () => room.getAccountData("m.fully_read")?.getContent().event_id;
        await until("m.fully_read", () => marker() === event.getId());
    });
}

async function fromAlice(roomId, from, to, body) {
    const { event_id: id } = await from.client.sendMessage(roomId, text(body));
    return to.sees(roomId, id);
}

async function readMention(roomId, alice, bob) {
    const content = { ...text("bob, look"), "m.mentions": { user_ids: [bob.userId] } };
    const { event_id: id } = await alice.client.sendMessage(roomId, content);
    const event = await bob.sees(roomId, id);
    const room = await bob.room(roomId);
    const highlights = () => room.getUnreadNotificationCount(NotificationCountType.Highlight);
    await until("a highlight", () => highlights() >= 1);
    await bob.client.sendReadReceipt(event);
    await until("no count", () => highlights() === 0 && room.getUnreadNotificationCount() === 0);
}
