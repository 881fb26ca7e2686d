// A room is made, the other is invited and joins; each side sees it through its own sync.

import assert from "node:assert/strict";
import { EventType } from "matrix-js-sdk";
import { until } from "../lib/until.js";

const ENCRYPTED = {
    type: EventType.RoomEncryption,
    state_key: "",
    content: { algorithm: "m.megolm.v1.aes-sha2" },
};

/** Makes a private room of `host` with `guest` in it and returns its id. */
export async function meet(report, host, guest, { name, encrypted }) {
    const roomId = await report.need(`${host.name} creates "${name}"`, async () => {
        const { room_id: id } = await host.client.createRoom({
            name,
            preset: "private_chat",
            initial_state: encrypted ? [ENCRYPTED] : [],
        });
        const room = await host.room(id);
        await until("its name", () => room.name === name);
        assert.equal(room.hasEncryptionStateEvent(), encrypted);
        return id;
    });
    await report.need(`${guest.name} is invited and sees by whom`, async () => {
        await host.client.invite(roomId, guest.userId);
        const room = await guest.room(roomId, "invite");
        assert.equal(room.getDMInviter() ?? room.getMember(guest.userId).events.member.getSender(), host.userId);
        await until("the room's name in the invite", () => room.name === name);
    });
    await report.need(`${guest.name} joins and ${host.name} sees it`, async () => {
        await guest.client.joinRoom(roomId);
        await guest.room(roomId);
        const room = await host.room(roomId);
        await until("the join", () => room.getMember(guest.userId)?.membership === "join");
        assert.equal((await guest.room(roomId)).hasEncryptionStateEvent(), encrypted);
    });
    return roomId;
}
