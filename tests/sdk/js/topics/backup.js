// A second device comes with the recovery key and reads what was written before it existed.

import assert from "node:assert/strict";
import { ClientPrefix, Method } from "matrix-js-sdk";
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/index.js";
import { until } from "../lib/until.js";

// The SDK waits up to ten seconds before it uploads, so that not all of a room's clients do it at once.
const UPLOAD_MS = 30_000;

/** Every room key of `person` reaches the server's backup; returns how many they are. */
export async function backedUp(report, person) {
    return report.need(`${person.name}'s room keys reach the backup`, async () => {
        const held = (await person.crypto.exportRoomKeys()).length;
        assert.ok(held > 0);
        const { version } = await person.crypto.getKeyBackupInfo();
        await until("the count on the server", async () => (await stored(person, version)).count >= held, UPLOAD_MS);
        return held;
    });
}

/** The server's own view of the backup; the SDK keeps the first answer it got. */
function stored(person, version) {
    return person.client.http.authedRequest(Method.Get, `/room_keys/version/${version}`, undefined, undefined, {
        prefix: ClientPrefix.V3,
    });
}

/** `fresh` opens secret storage with the recovery key, restores the `held` keys and reads `said` in the room. */
export async function restore(report, { old, fresh, recoveryKey, held }, roomId, said) {
    await report.step(`${fresh.name} cannot read the old messages at first`, async () => {
        const room = await fresh.room(roomId);
        const [id] = said.keys();
        await reach(fresh, room, id);
        const event = room.findEventById(id);
        await fresh.client.decryptEventIfNeeded(event);
        await until("the failure", () => event.isDecryptionFailure());
    });
    await report.step(`${fresh.name} signs itself with the keys in secret storage`, async () => {
        const keyId = await fresh.client.secretStorage.getDefaultKeyId();
        fresh.secretStorageKeys.set(keyId, decodeRecoveryKey(recoveryKey));
        assert.ok(await fresh.crypto.userHasCrossSigningKeys(fresh.userId, true));
        await fresh.crypto.bootstrapCrossSigning({});
        for (const person of [fresh, old]) {
            await until(`${person.name} to trust it`, async () => {
                const status = await person.crypto.getDeviceVerificationStatus(fresh.userId, fresh.deviceId);
                return status?.signedByOwner && status.crossSigningVerified;
            });
        }
    });
    await report.step(`${fresh.name} restores the key backup`, async () => {
        await fresh.crypto.loadSessionBackupPrivateKeyFromSecretStorage();
        const check = await fresh.crypto.checkKeyBackupAndEnable();
        assert.ok(check?.trustInfo.trusted && check.trustInfo.matchesDecryptionKey, "the backup is not trusted");
        const { total, imported } = await fresh.crypto.restoreKeyBackup();
        assert.ok(total >= held && imported === total, `${imported} of ${total} keys`);
    });
    await report.step(`${fresh.name} reads the ${said.size} old messages`, async () => {
        const room = await fresh.room(roomId);
        for (const [id, body] of said) {
            await reach(fresh, room, id);
            const event = await fresh.sees(roomId, id);
            assert.ok(event.getContent().body.endsWith(body) || event.replacingEvent(), `${id}: ${event.getContent().body}`);
        }
    });
}

/** Pages back until the event is in the timeline. */
async function reach(person, room, eventId) {
    for (let pages = 0; room.findEventById(eventId) === undefined; pages += 1) {
        assert.ok(pages < 20, `${eventId} is not in the history`);
        await person.client.scrollback(room, 30);
    }
}
