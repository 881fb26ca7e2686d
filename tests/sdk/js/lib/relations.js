// Contents of the events that refer to another event, as clients of today write them.

import { RelationType } from "matrix-js-sdk";

export const text = (body) => ({ msgtype: "m.text", body });

export const edit = (eventId, body) => ({
    ...text(`* ${body}`),
    "m.new_content": text(body),
    "m.relates_to": { rel_type: RelationType.Replace, event_id: eventId },
});

export const reaction = (eventId, key) => ({
    "m.relates_to": { rel_type: RelationType.Annotation, event_id: eventId, key },
});

export const reply = (eventId, body) => ({
    ...text(body),
    "m.relates_to": { "m.in_reply_to": { event_id: eventId } },
});

export const inThread = (rootId, body) => ({
    ...text(body),
    "m.relates_to": { rel_type: RelationType.Thread, event_id: rootId },
});
