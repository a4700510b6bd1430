// Every structure of the signaling protocol, as types: generated from server/wire/messages.py. See docs/protocol.md.

/** @typedef {"before" | "round" | "closing" | "ended"} Part */
/** @typedef {"waiting" | "running" | "grace"} Status */
/** @typedef {"open" | "silent" | "teacher" | "colleagues" | "spokesperson" | "round_robin" | "queue" | "permission"} FloorMode */
/** @typedef {"record" | "leave_out"} RecordingChoice */
/** @typedef {"microphone" | "camera" | "screen" | "screen_sound"} Source */
/** @typedef {"own" | "none" | "shared"} MicrophoneUse */
/** @typedef {"two_minutes" | "cannot_hear" | "cannot_see_slides"} CardKind */
/** @typedef {"time" | "turn" | "order" | "step" | "hold"} UndoKind */
/** @typedef {"asked" | "yes" | "no" | "speaking" | "said"} OfferState */
/** @typedef {"everybody_heard" | "teacher_first" | "alike" | "on_time"} Rule */
/** @typedef {"author" | "teacher" | "everybody"} ReadBy */
/** @typedef {"turn" | "phase_end" | "round_end" | "at_once"} ReadFrom */
/** @typedef {"good" | "fair" | "poor" | "lost"} Level */
/** @typedef {"fair" | "poor" | "lost"} Badge */
/** @typedef {"up" | "down" | "both"} Way */
/** @typedef {"well" | "reduced" | "slow_device"} Sending */

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
 * @typedef {object} RaiseHand
 * @property {"raise_hand"} type
 * @property {number} ref
 * @property {boolean} raised
 */

/**
 * @typedef {object} LowerHand
 * @property {"lower_hand"} type
 * @property {number} ref
 * @property {string} seat
 */

/**
 * @typedef {object} Chat
 * @property {"chat"} type
 * @property {number} ref
 * @property {string} message
 * @property {string} text
 * @property {string | null} [to]
 */

/**
 * @typedef {object} ShowCard
 * @property {"show_card"} type
 * @property {number} ref
 * @property {"two_minutes" | "cannot_hear" | "cannot_see_slides"} card
 */

/**
 * @typedef {object} AddTime
 * @property {"add_time"} type
 * @property {number} ref
 * @property {number} decision
 * @property {number} seconds
 * @property {boolean} [agreed]
 */

/**
 * @typedef {object} Hold
 * @property {"hold"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} Resume
 * @property {"resume"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} TakeBack
 * @property {"take_back"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} Back
 * @property {"back"} type
 * @property {number} ref
 * @property {number} decision
 * @property {boolean} [agreed]
 */

/**
 * @typedef {object} PassTurn
 * @property {"pass_turn"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} AddTurn
 * @property {"add_turn"} type
 * @property {number} ref
 * @property {number} decision
 * @property {string} seat
 * @property {boolean} [agreed]
 */

/**
 * @typedef {object} SetOrder
 * @property {"set_order"} type
 * @property {number} ref
 * @property {string[]} order
 * @property {boolean} [agreed]
 */

/**
 * @typedef {object} TeachLater
 * @property {"teach_later"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} GoWithout
 * @property {"go_without"} type
 * @property {number} ref
 * @property {number} decision
 */

/**
 * @typedef {object} RestartLesson
 * @property {"restart_lesson"} type
 * @property {number} ref
 * @property {number} decision
 * @property {boolean} [agreed]
 */

/**
 * @typedef {object} HandOver
 * @property {"hand_over"} type
 * @property {number} ref
 * @property {string} seat
 */

/**
 * @typedef {object} TakeLead
 * @property {"take_lead"} type
 * @property {number} ref
 */

/**
 * @typedef {object} Keep
 * @property {"keep"} type
 * @property {number} ref
 * @property {number} round
 * @property {string} author
 * @property {boolean} kept
 */

/**
 * @typedef {object} ChooseTry
 * @property {"choose_try"} type
 * @property {number} ref
 * @property {number} round
 * @property {string[]} authors
 */

/**
 * @typedef {object} AddLine
 * @property {"add_line"} type
 * @property {number} ref
 * @property {string} line
 * @property {string} text
 */

/**
 * @typedef {object} MeToo
 * @property {"me_too"} type
 * @property {number} ref
 * @property {string} line
 * @property {boolean} on
 */

/**
 * @typedef {object} TakeNotes
 * @property {"take_notes"} type
 * @property {number} ref
 * @property {boolean} on
 */

/**
 * @typedef {object} OfferOpinion
 * @property {"offer_opinion"} type
 * @property {number} ref
 * @property {string} offer
 * @property {string} text
 */

/**
 * @typedef {object} AnswerOffer
 * @property {"answer_offer"} type
 * @property {number} ref
 * @property {string} offer
 * @property {boolean} yes
 */

/**
 * @typedef {object} SetConsultant
 * @property {"set_consultant"} type
 * @property {number} ref
 * @property {string} seat
 * @property {boolean} on
 */

/**
 * @typedef {object} SetDevices
 * @property {"set_devices"} type
 * @property {number} ref
 * @property {"own" | "none" | "shared"} microphone
 * @property {boolean} camera
 * @property {string | null} [shares]
 */

/**
 * @typedef {object} AnswerSharing
 * @property {"answer_sharing"} type
 * @property {number} ref
 * @property {string} seat
 * @property {boolean} yes
 */

/**
 * @typedef {object} ShareScreen
 * @property {"share_screen"} type
 * @property {number} ref
 * @property {boolean} on
 */

/**
 * @typedef {object} ShowSlide
 * @property {"show_slide"} type
 * @property {number} ref
 * @property {string | null} deck
 * @property {number} [page]
 */

/**
 * @typedef {object} PlanNext
 * @property {"plan_next"} type
 * @property {number} ref
 * @property {number} starts_ms
 * @property {number} minutes
 * @property {string[]} teachers
 */

/**
 * @typedef {object} DecideTake
 * @property {"decide_take"} type
 * @property {number} ref
 * @property {string} take
 * @property {boolean} keep
 */

/**
 * @typedef {object} AnswerClaim
 * @property {"answer_claim"} type
 * @property {number} ref
 * @property {string} claim
 * @property {boolean} yes
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
 * @property {Record<string, "microphone" | "camera" | "screen" | "screen_sound">} [sources]
 */

/**
 * @typedef {object} Subscribed
 * @property {"subscribed"} type
 * @property {string} session
 * @property {number} offer
 * @property {string} sdp
 */

/**
 * @typedef {object} AskRelay
 * @property {"ask_relay"} type
 */

/**
 * @typedef {object} Quality
 * @property {"quality"} type
 * @property {string} session
 * @property {Record<string, number>} frozen
 * @property {Record<string, number>} gaps
 * @property {number} freezes
 * @property {number | null} rtt_ms
 * @property {"well" | "reduced" | "slow_device"} sending
 */

/**
 * @typedef {object} SuggestCameraOff
 * @property {"suggest_camera_off"} type
 * @property {number} ref
 * @property {string} seat
 */

/**
 * @typedef {object} Relay
 * @property {"relay"} type
 * @property {string[]} urls
 * @property {string} username
 * @property {string} credential
 * @property {number} lasts_s
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
 * @property {Costs | null} costs
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
 * @typedef {object} Connections
 * @property {"connections"} type
 * @property {Record<string, "fair" | "poor" | "lost">} badges
 * @property {OwnConnection} yours
 * @property {Record<string, "up" | "down" | "both">} ways
 * @property {WeakTime[]} weak
 */

/**
 * @typedef {object} CameraOffSuggested
 * @property {"camera_off_suggested"} type
 * @property {string} seat
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
 * @property {boolean} private
 * @property {string[]} starters
 * @property {Choice[]} choices
 * @property {boolean} pinned
 * @property {boolean} optional
 */

/**
 * @typedef {object} Form
 * @property {string} form
 * @property {string} title
 * @property {Field[]} fields
 * @property {"author" | "teacher" | "everybody"} read_by
 * @property {"turn" | "phase_end" | "round_end" | "at_once"} read_from
 * @property {number} later_h
 */

/**
 * @typedef {object} Person
 * @property {string} seat
 * @property {string} name
 * @property {boolean} here
 * @property {boolean} leads
 * @property {number | null} teaches
 * @property {boolean} simulated
 * @property {number | null} hand_ms
 * @property {"own" | "none" | "shared"} microphone
 * @property {string | null} shares
 * @property {boolean | null} heard
 * @property {boolean | null} card_written
 * @property {boolean | null} media_works
 * @property {boolean} consults
 * @property {string | null} lane
 */

/**
 * @typedef {object} Held
 * @property {number} since_ms
 * @property {number} left_ms
 * @property {"asked" | "teacher_away"} reason
 * @property {string | null} by
 * @property {number | null} resumes_ms
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
 * @property {string} say_lead
 * @property {number | null} starts_ms
 * @property {Held | null} held
 * @property {boolean} lesson
 * @property {boolean} again
 * @property {boolean} replay
 */

/**
 * @typedef {object} Step
 * @property {"before" | "round" | "closing" | "ended"} part
 * @property {number} round
 * @property {string} title
 * @property {string | null} teacher
 * @property {number | null} begins_ms
 * @property {number} seconds
 * @property {"open" | "silent" | "teacher" | "colleagues" | "spokesperson" | "round_robin" | "queue" | "permission"} floor
 */

/**
 * @typedef {object} Line
 * @property {string} line
 * @property {string} seat
 * @property {string} text
 * @property {string[]} me_too
 */

/**
 * @typedef {object} Offer
 * @property {string} offer
 * @property {string} seat
 * @property {string} text
 * @property {"asked" | "yes" | "no" | "speaking" | "said"} state
 */

/**
 * @typedef {object} Pinned
 * @property {string} text
 * @property {string[]} suggested_by
 */

/**
 * @typedef {object} ChatLine
 * @property {string} message
 * @property {string} seat
 * @property {string | null} to
 * @property {string} text
 * @property {number} at_ms
 */

/**
 * @typedef {object} Card
 * @property {"two_minutes" | "cannot_hear" | "cannot_see_slides"} card
 * @property {number} at_ms
 */

/**
 * @typedef {object} Deck
 * @property {string} deck
 * @property {string} title
 * @property {number} pages
 */

/**
 * @typedef {object} Slide
 * @property {string} deck
 * @property {number} page
 * @property {number} pages
 * @property {string} seat
 */

/**
 * @typedef {object} Still
 * @property {string} deck
 * @property {number} page
 * @property {number} at_ms
 */

/**
 * @typedef {object} NextTime
 * @property {number} starts_ms
 * @property {number} minutes
 * @property {string[]} teachers
 */

/**
 * @typedef {object} Claim
 * @property {string} claim
 * @property {string} seat
 */

/**
 * @typedef {object} Recording
 * @property {boolean} on
 * @property {string | null} teacher
 * @property {number | null} started_ms
 * @property {number} left_out
 * @property {boolean} will
 * @property {boolean} stopped
 * @property {"fine" | "low" | "full"} disk
 * @property {boolean} if_all
 * @property {boolean} paused
 */

/**
 * @typedef {object} Moment
 * @property {string} moment
 * @property {string} mark
 * @property {string} label
 * @property {number} at_ms
 * @property {string | null} take
 * @property {number} attempt
 */

/**
 * @typedef {object} Entry
 * @property {string} form
 * @property {number} round
 * @property {string} author
 * @property {Record<string, string>} fields
 * @property {Record<string, string>} labels
 * @property {Moment[]} moments
 * @property {boolean} kept
 */

/**
 * @typedef {object} OwnTake
 * @property {string} take
 * @property {number} round
 * @property {"recording" | "ready" | "failed" | "deleted"} state
 * @property {boolean} asks
 * @property {number} attempt
 * @property {boolean} over
 */

/**
 * @typedef {object} Stream
 * @property {string} mid
 * @property {string} seat
 * @property {"microphone" | "camera" | "screen" | "screen_sound"} source
 */

/**
 * @typedef {object} Share
 * @property {string} seat
 * @property {number} left_s
 */

/**
 * @typedef {object} Floor
 * @property {"open" | "silent" | "teacher" | "colleagues" | "spokesperson" | "round_robin" | "queue" | "permission"} mode
 * @property {string[]} speakers
 * @property {string | null} turn
 * @property {number | null} turn_ends_ms
 * @property {string[]} next
 * @property {Share[]} shares
 */

/**
 * @typedef {object} OtherLane
 * @property {string} key
 * @property {string} title
 * @property {string[]} seats
 * @property {boolean} over
 */

/**
 * @typedef {object} Lane
 * @property {string} key
 * @property {number | null} together_ms
 * @property {boolean} over
 * @property {boolean} collects
 * @property {boolean} early
 * @property {OtherLane[]} others
 */

/**
 * @typedef {object} Pace
 * @property {number} slot_s
 * @property {number} ends_ms
 * @property {number | null} planned_ends_ms
 * @property {number} behind_s
 */

/**
 * @typedef {object} Costs
 * @property {number} before_s
 * @property {number} after_s
 * @property {number} ends_ms
 */

/**
 * @typedef {object} Undo
 * @property {"time" | "turn" | "order" | "step" | "hold"} what
 * @property {number} until_ms
 */

/**
 * @typedef {object} Missing
 * @property {string} seat
 * @property {number} since_ms
 * @property {"teacher_late" | "teacher_away"} why
 */

/**
 * @typedef {object} Heard
 * @property {number} round
 * @property {string} seat
 * @property {number} seconds
 */

/**
 * @typedef {object} RuleKept
 * @property {"everybody_heard" | "teacher_first" | "alike" | "on_time"} rule
 * @property {boolean} kept
 * @property {number | null} round
 * @property {string[]} seats
 * @property {number} seconds
 */

/**
 * @typedef {object} Spent
 * @property {"before" | "round" | "closing" | "ended"} part
 * @property {number} round
 * @property {string} title
 * @property {number} planned_s
 * @property {number} spent_s
 */

/**
 * @typedef {object} You
 * @property {string} seat
 * @property {"teacher" | "colleague"} role
 * @property {boolean} leads
 * @property {"record" | "leave_out" | null} recording
 * @property {string[]} may
 * @property {boolean} ready
 * @property {boolean} came_late
 * @property {boolean} recording_asked
 * @property {boolean} consults
 * @property {boolean} sends_large
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
 * @property {Entry | null} lesson_card
 * @property {Entry | null} turn_entry
 * @property {ChatLine[]} chat
 * @property {Card | null} card
 * @property {Slide | null} slide
 * @property {Deck[]} decks
 * @property {Still[]} stills
 * @property {number | null} lesson_started_ms
 * @property {string | null} screen
 * @property {Pace | null} pace
 * @property {Undo | null} undo
 * @property {Missing | null} missing
 * @property {Spent[]} spent
 * @property {NextTime | null} next_time
 * @property {Claim[]} claims
 * @property {string | null} same_room
 * @property {string[]} sharing_asks
 * @property {string | null} sharing_asked
 * @property {boolean} alone
 * @property {boolean} runs_by_itself
 * @property {boolean} places_taken
 * @property {Lane | null} lane
 * @property {Line[]} collected
 * @property {string | null} note_taker
 * @property {Offer[]} offers
 * @property {Pinned | null} pinned
 * @property {Entry[]} others_wrote
 * @property {Heard[]} heard
 * @property {RuleKept[]} rules
 */

/**
 * @typedef {object} OwnConnection
 * @property {"good" | "fair" | "poor" | "lost"} up
 * @property {"good" | "fair" | "poor" | "lost"} down
 * @property {"whole" | "reduced" | "server_busy"} pictures
 * @property {"fine" | "slow"} device
 */

/**
 * @typedef {object} WeakTime
 * @property {string} seat
 * @property {number} fair_s
 * @property {number} poor_s
 * @property {number} lost_s
 * @property {number} reconnects
 * @property {number} freezes
 */

/** @typedef {Hello | Ping | Advance | StartLesson | EndTurn | Tap | Untap | Write | Ready | ChooseRecording | RaiseHand | LowerHand | Chat | ShowCard | AddTime | Hold | Resume | TakeBack | Back | PassTurn | AddTurn | SetOrder | TeachLater | GoWithout | RestartLesson | HandOver | TakeLead | Keep | ChooseTry | AddLine | MeToo | TakeNotes | OfferOpinion | AnswerOffer | SetConsultant | SetDevices | AnswerSharing | ShareScreen | ShowSlide | PlanNext | DecideTake | AnswerClaim | StartMedia | Publish | Subscribed | AskRelay | Quality | SuggestCameraOff} FromPage */

/** @typedef {Relay | Welcome | Changed | Pong | Accepted | Error | Published | Subscribe | MediaLost | Connections | CameraOffSuggested | Leaving} ToPage */

export {};
