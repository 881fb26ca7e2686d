// Two people talk: messages both ways, edit, reaction, reply, thread, redaction.

import assert from "node:assert/strict";
import { EventType, RelationType } from "matrix-js-sdk";
import { edit, inThread, reaction, reply, text } from "../lib/relations.js";
import { until } from "../lib/until.js";

/** Runs the conversation, with `meanwhile` in its middle, and returns the bodies that both sides hold at its end, by event id. */
export async function converse(report, roomId, alice, bob, meanwhile) {
    const said = new Map();
    const say = async (from, to, body) => {
        const { event_id: id } = await from.client.sendMessage(roomId, text(body));
        const seen = await to.sees(roomId, id);
        assert.equal(seen.getContent().body, body);
        assert.equal(seen.getSender(), from.userId);
        assert.equal(seen.isEncrypted(), (await to.room(roomId)).hasEncryptionStateEvent());
        said.set(id, body);
        return id;
    };

    const hello = await report.need("alice writes, bob reads", () => say(alice, bob, "Hello, bob"));
    const answer = await report.need("bob writes, alice reads", () => say(bob, alice, "Hello, alice ☕"));
    await report.step("ten messages arrive in the order they were sent", () => inOrder(roomId, alice, bob));
    await meanwhile();
    await report.step("bob sees alice's edit in place", async () => {
        await alice.client.sendMessage(roomId, edit(hello, "Hello, Bob!"));
        const seen = await bob.sees(roomId, hello);
        await until("the edit", () => seen.replacingEvent() && seen.getContent().body === "Hello, Bob!");
    });
    await report.step("alice sees bob's reaction", () => react(roomId, alice, bob, hello));
    await report.step("bob sees what alice replies to", async () => {
        const { event_id: id } = await alice.client.sendMessage(roomId, reply(answer, "And how are you?"));
        assert.equal((await bob.sees(roomId, id)).replyEventId, answer);
        said.set(id, "And how are you?");
    });
    const inThreads = "alice sees bob's thread";
    if (alice.threads) await report.step(inThreads, () => thread(roomId, alice, bob, answer));
    else report.skip(inThreads, "the server has no relations yet");
    await report.step("bob sees that alice took a message back", async () => {
        const id = await say(alice, bob, "I should not have said this");
        await alice.client.redactEvent(roomId, id, undefined, { reason: "regret" });
        const seen = await bob.sees(roomId, id);
        await until("the redaction", () => seen.isRedacted());
        assert.deepEqual(seen.getContent(), {});
        assert.equal(seen.getUnsigned().redacted_because.content.reason, "regret");
        said.delete(id);
    });
    return said;
}

async function inOrder(roomId, alice, bob) {
    const sent = [];
    for (let count = 0; count < 10; count += 1) {
        const { event_id: id } = await alice.client.sendMessage(roomId, text(`number ${count}`));
        sent.push(id);
    }
    await bob.sees(roomId, sent.at(-1));
    const timeline = (await bob.room(roomId)).getLiveTimeline().getEvents().map((event) => event.getId());
    assert.deepEqual(timeline.filter((id) => sent.includes(id)), sent);
}

async function react(roomId, alice, bob, target) {
    await bob.sees(roomId, target);
    const sent = await bob.client.sendEvent(roomId, EventType.Reaction, reaction(target, "👍"));
    const room = await alice.room(roomId);
    const found = await until("the reaction", () =>
        room.relations
            .getChildEventsForEvent(target, RelationType.Annotation, EventType.Reaction)
            ?.getRelations()
            .find((event) => event.getId() === sent.event_id),
    );
    assert.equal(found.getRelation().key, "👍");
    assert.equal(found.getSender(), bob.userId);
}

async function thread(roomId, alice, bob, root) {
    const body = "a side remark";
    // Where the sync is quicker than the answer, the SDK takes what it has sent for another's and says so; it is sent all the same.
    await bob.client.sendMessage(roomId, root, inThread(root, body)).catch((error) => {
        if (!error.message.includes("not a local echo")) throw error;
    });
    const room = await alice.room(roomId);
    const found = await until("the thread", () => room.getThread(root));
    await until("the remark in it", () => found.events.some((event) => event.getContent().body === body));
    assert.equal(found.rootEvent.getId(), root);
}
