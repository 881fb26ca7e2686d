// A call in a room, as Element Call holds one: who is in it, and that whoever vanishes is out of it.

import assert from "node:assert/strict";
import { EventType } from "matrix-js-sdk";
import { until } from "../lib/until.js";

const LEAVES_AFTER_MS = 4_000;
const HEARTBEAT_MS = 500;
const TRANSPORT = { type: "livekit", livekit_service_url: "https://example.org/livekit", livekit_alias: "call" };

/** Alice and bob call one another; the server goes away meanwhile, and then alice does. */
export async function call(report, alice, bob, meanwhile) {
    await report.step("alice is given credentials for a relay", async () => {
        const { uris, username, password, ttl } = await alice.client.turnServer();
        assert.ok(uris[0].startsWith("turn:") && username.endsWith(alice.userId) && password && ttl > 0);
    });
    const roomId = await report.need("alice makes a room for calls", () => callRoom(alice, bob));
    const seen = bob.client.matrixRTC.getRoomSession(await bob.room(roomId));
    const callers = () => seen.memberships.map((one) => one.userId).sort();
    const joins = async (person) => {
        const session = person.client.matrixRTC.getRoomSession(await person.room(roomId));
        const identity = { userId: person.userId, deviceId: person.deviceId, memberId: `${person.userId}:${person.deviceId}` };
        session.joinRTCSession(identity, [TRANSPORT], undefined, {
            manageMediaKeys: false,
            delayedLeaveEventDelayMs: LEAVES_AFTER_MS,
            delayedLeaveEventRestartMs: HEARTBEAT_MS,
            networkErrorRetryMs: HEARTBEAT_MS,
        });
        return session;
    };
    await report.need("bob sees alice's call and joins it", async () => {
        await joins(alice);
        await until("alice in the call", () => callers().includes(alice.userId));
        await joins(bob);
        await until("both in the call", () => callers().length === 2);
    });
    await report.step("what ends alice's part waits on the server", async () => {
        const { delayed_events: waiting } = await alice.client._unstable_getDelayedEvents();
        const found = waiting.find((one) => one.type === EventType.GroupCallMemberPrefix && one.room_id === roomId);
        assert.ok(found !== undefined, JSON.stringify(waiting));
        assert.equal(found.delay, LEAVES_AFTER_MS);
    });
    await meanwhile();
    await report.step("the call outlives the server's restart", async () => {
        await new Promise((resume) => setTimeout(resume, 2 * LEAVES_AFTER_MS));
        assert.deepEqual(callers(), [alice.userId, bob.userId].sort());
    });
    await report.step("alice vanishes, and the server takes her out of the call", async () => {
        // Her requests fail from now on, as if her network were gone: no heartbeat, no good-bye.
        alice.cut();
        await until("bob alone in the call", () => callers().length === 1 && callers()[0] === bob.userId);
    });
    await report.step("bob leaves the call", async () => {
        const session = bob.client.matrixRTC.getRoomSession(await bob.room(roomId));
        assert.ok(await session.leaveRoomSession(5_000));
        await until("nobody in the call", () => callers().length === 0);
    });
}

async function callRoom(alice, bob) {
    const { room_id: id } = await alice.client.createRoom({
        name: "Calls",
        preset: "private_chat",
        invite: [bob.userId],
        power_level_content_override: { events: { [EventType.GroupCallMemberPrefix]: 0 } },
    });
    await bob.room(id, "invite");
    await bob.client.joinRoom(id);
    await Promise.all([alice.room(id), bob.room(id)]);
    return id;
}
