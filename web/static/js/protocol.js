// Every structure of the signaling protocol, as types: generated from server/wire/messages.py. See docs/protocol.md.

/** @typedef {"before" | "round" | "closing" | "ended"} Part */
/** @typedef {"waiting" | "running" | "grace"} Status */
/** @typedef {"open" | "silent" | "teacher" | "round_robin"} FloorMode */
/** @typedef {"record" | "leave_out"} RecordingChoice */

/**
 * @typedef {object} Hello
 * @property {"hello"} type
 * @property {number} protocol
 */

/**
 * @typedef {object} Ping
 * @property {"ping"} type
 * @property {number} sent_ms
 */

/**
 * @typedef {object} Advance
 * @property {"advance"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} StartLesson
 * @property {"start_lesson"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} EndTurn
 * @property {"end_turn"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} Tap
 * @property {"tap"} type
 * @property {number} ref
 * @property {string} moment
 * @property {string} mark
 * @property {number} at_ms
 */

/**
 * @typedef {object} Untap
 * @property {"untap"} type
 * @property {number} ref
 * @property {string} moment
 */

/**
 * @typedef {object} Write
 * @property {"write"} type
 * @property {number} ref
 * @property {string} form
 * @property {number} round
 * @property {string} field
 * @property {string} text
 */

/**
 * @typedef {object} Ready
 * @property {"ready"} type
 * @property {number} ref
 * @property {number} decision
 * @property {boolean} ready
 */

/**
 * @typedef {object} ChooseRecording
 * @property {"choose_recording"} type
 * @property {number} ref
 * @property {"record" | "leave_out"} choice
 */

/**
 * @typedef {object} StartMedia
 * @property {"start_media"} type
 * @property {string} session
 */

/**
 * @typedef {object} Publish
 * @property {"publish"} type
 * @property {string} session
 * @property {number} offer
 * @property {string} sdp
 */

/**
 * @typedef {object} Subscribed
 * @property {"subscribed"} type
 * @property {string} session
 * @property {number} offer
 * @property {string} sdp
 */

/**
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {number} protocol
 * @property {number} now_ms
 * @property {View} view
 */

/**
 * @typedef {object} Changed
 * @property {"changed"} type
 * @property {View} view
 */

/**
 * @typedef {object} Pong
 * @property {"pong"} type
 * @property {number} sent_ms
 * @property {number} now_ms
 */

/**
 * @typedef {object} Accepted
 * @property {"accepted"} type
 * @property {number} ref
 */

/**
 * @typedef {object} Error
 * @property {"error"} type
 * @property {number | null} ref
 * @property {string} code
 * @property {string} message
 */

/**
 * @typedef {object} Published
 * @property {"published"} type
 * @property {string} session
 * @property {number} offer
 * @property {string} sdp
 */

/**
 * @typedef {object} Subscribe
 * @property {"subscribe"} type
 * @property {string} session
 * @property {number} offer
 * @property {string} sdp
 * @property {Stream[]} streams
 */

/**
 * @typedef {object} MediaLost
 * @property {"media_lost"} type
 * @property {string} session
 * @property {string} reason
 */

/**
 * @typedef {object} Leaving
 * @property {"leaving"} type
 * @property {"replaced" | "restarting"} reason
 */

/**
 * @typedef {object} Choice
 * @property {string} key
 * @property {string} label
 */

/**
 * @typedef {object} Field
 * @property {string} key
 * @property {string} label
 * @property {string} hint
 * @property {boolean} large
 */

/**
 * @typedef {object} Form
 * @property {string} form
 * @property {string} title
 * @property {Field[]} fields
 */

/**
 * @typedef {object} Person
 * @property {string} seat
 * @property {string} name
 * @property {boolean} here
 * @property {boolean} leads
 * @property {number | null} teaches
 */

/**
 * @typedef {object} Phase
 * @property {"before" | "round" | "closing" | "ended"} part
 * @property {number} round
 * @property {string} key
 * @property {string} title
 * @property {"waiting" | "running" | "grace"} status
 * @property {number} decision
 * @property {number | null} seconds
 * @property {number | null} started_ms
 * @property {number | null} ends_ms
 * @property {number[]} warn_s
 * @property {string} say
 */

/**
 * @typedef {object} Step
 * @property {"before" | "round" | "closing" | "ended"} part
 * @property {number} round
 * @property {string} title
 * @property {string | null} teacher
 * @property {number | null} begins_ms
 * @property {number} seconds
 */

/**
 * @typedef {object} Floor
 * @property {"open" | "silent" | "teacher" | "round_robin"} mode
 * @property {string[]} speakers
 * @property {string | null} turn
 * @property {number | null} turn_ends_ms
 * @property {string[]} next
 */

/**
 * @typedef {object} Recording
 * @property {boolean} on
 * @property {string | null} teacher
 * @property {number | null} started_ms
 * @property {number} left_out
 */

/**
 * @typedef {object} Moment
 * @property {string} moment
 * @property {string} mark
 * @property {string} label
 * @property {number} at_ms
 * @property {string | null} take
 */

/**
 * @typedef {object} Entry
 * @property {string} form
 * @property {number} round
 * @property {string} author
 * @property {Record<string, string>} fields
 * @property {Record<string, string>} labels
 * @property {Moment[]} moments
 */

/**
 * @typedef {object} OwnTake
 * @property {string} take
 * @property {number} round
 * @property {"recording" | "ready" | "failed"} state
 */

/**
 * @typedef {object} You
 * @property {string} seat
 * @property {"teacher" | "colleague"} role
 * @property {boolean} leads
 * @property {"record" | "leave_out" | null} recording
 * @property {string[]} may
 * @property {boolean} ready
 */

/**
 * @typedef {object} View
 * @property {string} session
 * @property {string} title
 * @property {string} plan_title
 * @property {number} now_ms
 * @property {You} you
 * @property {Person[]} people
 * @property {Phase} phase
 * @property {string | null} teacher
 * @property {Step[]} steps
 * @property {string[]} stage
 * @property {Floor} floor
 * @property {Recording} recording
 * @property {Choice[]} marks
 * @property {Form | null} form
 * @property {Entry | null} mine
 * @property {Entry[]} received
 * @property {string[]} ready
 * @property {number} ready_count
 * @property {number} expected
 * @property {OwnTake[]} takes
 */

/**
 * @typedef {object} Stream
 * @property {string} mid
 * @property {string} seat
 * @property {"microphone" | "camera"} source
 */

/** @typedef {Hello | Ping | Advance | StartLesson | EndTurn | Tap | Untap | Write | Ready | ChooseRecording | StartMedia | Publish | Subscribed} FromPage */

/** @typedef {Welcome | Changed | Pong | Accepted | Error | Published | Subscribe | MediaLost | Leaving} ToPage */

export {};
