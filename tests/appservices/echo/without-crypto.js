// matrix-bot-sdk loads a native library for encryption, which its installation fetches from outside of npm. This bridge does
// not encrypt: where the library is not there, its names lead to nothing.
const Module = require("node:module");

const CRYPTO = "@matrix-org/matrix-sdk-crypto-nodejs";
const load = Module._load;
Module._load = function (name, ...rest) {
    try {
        return load.call(this, name, ...rest);
    } catch (error) {
        if (name !== CRYPTO || error.code !== "MODULE_NOT_FOUND") throw error;
        return new Proxy({}, { get: (_, key) => (key === "__esModule" ? false : class {}) });
    }
};
