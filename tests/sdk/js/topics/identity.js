// Cross-signing keys, secret storage and key backup are made on a first device.

import assert from "node:assert/strict";
import { until } from "../lib/until.js";

/** Makes a person's cross-signing identity; the device that does it is signed by it. */
export async function bootstrapIdentity(report, person) {
    await report.need(`${person.name} makes a cross-signing identity`, async () => {
        await person.crypto.bootstrapCrossSigning({
            authUploadDeviceSigningKeys: person.passwordAuth(),
        });
        assert.ok(await person.crypto.isCrossSigningReady());
        // The device learns of its own signature by asking the server for its keys again.
        await until("the device to be signed", async () => {
            const own = await person.crypto.getDeviceVerificationStatus(person.userId, person.deviceId);
            return own.signedByOwner && own.crossSigningVerified;
        });
    });
}

/** Makes secret storage and a key backup and returns the recovery key (base58). */
export async function bootstrapRecovery(report, person) {
    return report.need(`${person.name} makes secret storage and a key backup`, async () => {
        const key = await person.crypto.createRecoveryKeyFromPassphrase();
        await person.crypto.bootstrapSecretStorage({
            createSecretStorageKey: async () => key,
            setupNewKeyBackup: true,
        });
        assert.ok(await person.crypto.isSecretStorageReady());
        const version = await until("the backup to run", () => person.crypto.getActiveSessionBackupVersion());
        assert.equal((await person.crypto.getKeyBackupInfo()).version, version);
        return key.encodedPrivateKey;
    });
}
