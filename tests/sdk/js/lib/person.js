// A person at one device: a matrix-js-sdk client with its Rust crypto, and what they see of a room.

import { randomUUID } from "node:crypto";
import { ClientEvent, MemoryStore, SyncState, createClient } from "matrix-js-sdk";
import { logger } from "./logger.js";
import { window } from "./window.js";
import { watched } from "./unrecognized.js";
import { until, within } from "./until.js";

/** The field of a profile that says what somebody is doing (MSC4426). */
export const STATUS = "org.matrix.msc4426.status";

export class Person {
    /** Registers a new account under a name that no earlier run used; `threads`: whether the client asks for them. */
    static async register(url, name, threads) {
        const username = `${name}-${randomUUID().slice(0, 8)}`;
        const password = randomUUID();
        const session = await createClient({ baseUrl: url, logger, fetchFn: watched }).registerRequest({
            username,
            password,
            initial_device_display_name: `${name}'s first device`,
            auth: { type: "m.login.dummy" },
        });
        return new Person(url, name, password, session, threads);
    }

    /** Logs the same account in on another device; `sliding`: one that syncs by MSC4186. */
    async secondDevice(deviceName, { sliding = false } = {}) {
        const session = await createClient({ baseUrl: this.url, logger, fetchFn: watched }).loginRequest({
            type: "m.login.password",
            identifier: { type: "m.id.user", user: this.userId },
            password: this.password,
            initial_device_display_name: deviceName,
        });
        const person = new Person(this.url, deviceName, this.password, session, this.threads);
        person.sliding = sliding;
        return person;
    }

    constructor(url, name, password, session, threads) {
        this.threads = threads;
        this.sliding = false;
        this.isCut = false;
        this.url = url;
        this.name = name;
        this.password = password;
        this.userId = session.user_id;
        this.deviceId = session.device_id;
        this.secretStorageKeys = new Map();
        this.client = createClient({
            baseUrl: url,
            userId: session.user_id,
            deviceId: session.device_id,
            accessToken: session.access_token,
            store: new MemoryStore({ localStorage: undefined }),
            cryptoCallbacks: {
                getSecretStorageKey: async ({ keys }) => this.#knownKey(keys),
                cacheSecretStorageKey: (id, _info, key) => this.secretStorageKeys.set(id, key),
            },
            timelineSupport: true,
            disableVoip: true,
            fetchFn: (...request) => (this.isCut ? Promise.reject(new TypeError("no network")) : watched(...request)),
            logger,
        });
    }

    get crypto() {
        return this.client.getCrypto();
    }

    /** Uploads device keys and starts to sync; returns once the first answer has come. */
    async start() {
        await this.client.initRustCrypto({ useIndexedDB: false });
        const prepared = new Promise((resolve) => {
            const heard = (state) => {
                if (state !== SyncState.Prepared) return;
                this.client.off(ClientEvent.Sync, heard);
                resolve();
            };
            this.client.on(ClientEvent.Sync, heard);
        });
        const slidingSync = this.sliding ? window(this.client) : undefined;
        await this.client.startClient({
            initialSyncLimit: 50,
            threadSupport: this.threads,
            slidingSync,
            unstableMSC4429SyncUserProfileFields: [STATUS],
        });
        await within(`${this.name}'s first sync`, prepared);
        return this;
    }

    stop() {
        this.client.stopClient();
    }

    /** Takes the network away from this person. */
    cut() {
        this.isCut = true;
    }

    /** The room as this person's sync shows it, once their membership is `membership`. */
    room(roomId, membership = "join") {
        return until(`${this.name} has ${roomId} as ${membership}`, () => {
            const room = this.client.getRoom(roomId);
            return room?.getMyMembership() === membership ? room : undefined;
        });
    }

    /** The event as this person's sync brought it, decrypted where it was encrypted. */
    async sees(roomId, eventId) {
        const room = await this.room(roomId);
        return until(`${this.name} sees ${eventId}`, async () => {
            const event = room.findEventById(eventId);
            if (event === undefined) return undefined;
            await this.client.decryptEventIfNeeded(event);
            const waiting = event.isBeingDecrypted() || event.isDecryptionFailure();
            return waiting && !event.isRedacted() ? undefined : event;
        });
    }

    /** Returns once this person has heard of the device of `other`: who writes before that does not encrypt for it. */
    async knows(other) {
        await until(`${this.name} to know the device of ${other.name}`, async () =>
            (await this.crypto.getUserDeviceInfo([other.userId])).get(other.userId)?.has(other.deviceId),
        );
    }

    /** A user-interactive callback that proves who is there by the password. */
    passwordAuth() {
        const identifier = { type: "m.id.user", user: this.userId };
        return async (request) => {
            try {
                return await request(null);
            } catch (error) {
                if (error.httpStatus !== 401 || error.data?.session === undefined) throw error;
                const { session } = error.data;
                const password = this.password;
                return request({ type: "m.login.password", identifier, password, session });
            }
        };
    }

    #knownKey(keys) {
        for (const id of Object.keys(keys)) {
            const key = this.secretStorageKeys.get(id);
            if (key !== undefined) return [id, key];
        }
        return null;
    }
}
