// The shapes that the hub answers (lib/model/ports.h), for the type checker only.

/**
 * @typedef {{r: number, g: number, b: number}} Rgb
 * @typedef {Partial<Rgb> & {h?: number, s?: number, x?: number, y?: number}} Colour in one of three forms
 *
 * @typedef {object} Whole the state of a light, cover, climate, fan or update: what is known of it
 * @property {string|null} [state]
 * @property {number} [brightness] 0-255
 * @property {Colour} [color]
 * @property {number} [color_temp] kelvin
 * @property {string} [effect]
 * @property {number} [position] 0 closed - 100 open
 * @property {number} [tilt] 0-100
 * @property {number} [percentage] 0-100
 * @property {number|boolean} [oscillating]
 * @property {string} [direction]
 * @property {number} [target] in the entity's unit
 * @property {number} [target_low]
 * @property {number} [target_high]
 * @property {number} [current]
 * @property {number} [humidity] %
 * @property {number} [target_humidity]
 * @property {string} [action]
 * @property {string} [fan_mode]
 * @property {string} [swing_mode]
 * @property {string} [preset]
 * @property {string} [installed]
 * @property {string} [latest]
 * @property {number} [progress] %
 *
 * @typedef {number|string|Whole|null} Value
 *
 * @typedef {object} Entity
 * @property {string} id
 * @property {string} name
 * @property {string} component
 * @property {string|null} [device_class]
 * @property {string|null} [described_class] what the device says; of what the owner may give a class
 * @property {string|null} [unit]
 * @property {string|null} [state_class]
 * @property {string|null} [icon]
 * @property {'diagnostic'|'config'|null} [category]
 * @property {number|null} [precision]
 * @property {number|null} [series]
 * @property {Value} [state]
 * @property {number|null} [at]
 * @property {boolean} [brightness]
 * @property {string[]} [color_modes]
 * @property {boolean} [controllable]
 * @property {Desired|null} [desired] what was asked last and is not so yet; of what takes commands
 * @property {number} [min_kelvin]
 * @property {number} [max_kelvin]
 * @property {string[]} [options] of a select; the modes of a climate; the kinds of an event
 * @property {string[]} [effects]
 * @property {string[]} [fan_modes]
 * @property {string[]} [swing_modes]
 * @property {string[]} [presets]
 * @property {string[]} [can] what can be commanded besides the state
 * @property {number|null} [min] of a number; of a climate's targets; of a text's length
 * @property {number|null} [max]
 * @property {number|null} [step]
 *
 * @typedef {object} Device
 * @property {string} id
 * @property {string} name
 * @property {string|null} area
 * @property {string|null} model
 * @property {string|null} manufacturer
 * @property {string|null} sw_version
 * @property {string|null} [dialect]
 * @property {string|null} [client]
 * @property {string|null} [note]
 * @property {boolean|null} online
 * @property {boolean} lost
 * @property {number|null} [changed] when it came or went
 * @property {string|null} [parting] how it went
 * @property {boolean} [renewable] it can renew its credentials by itself
 * @property {number|null} last_seen
 * @property {number|null} enrolled
 * @property {Entity[]} entities
 *
 * @typedef {{device: string, entity?: string}} CardRef without entity: the one card of all that the device measures
 * @typedef {{favourites: CardRef[], rooms: {area: string, cards: CardRef[]}[]}} Home how somebody has arranged it
 *
 * @typedef {{state: Value, at: number|null}} Cell
 *
 * @typedef {object} Command
 * @property {number} id
 * @property {string} device
 * @property {string} entity
 * @property {Value} value
 * @property {'queued'|'sent'|'acknowledged'|'confirmed'|'expired'|'failed'|'cancelled'} state
 * @property {string|null} reason
 * @property {string} by
 * @property {'entity'|'room'|'house'|'group'|'scene'} [cause] what was commanded: it alone, or as one of many
 * @property {string|null} [cause_name] of the room, group or scene
 * @property {number} at
 * @property {number|null} took_ms
 * @property {number|null} [until] while it waits for a device that is away: when it expires
 * @property {number|null} [expires] when the hub gives it up at last
 *
 * @typedef {{value: Value, command: number, state: Command['state'], until?: number|null, by?: string}} Desired
 *
 * @typedef {{id: number|string, device: string|null, kind: string, text: string, opened: number, closed: number|null}} Alert
 *
 * @typedef {'viewer'|'guest'|'adult'|'owner'} Role
 *
 * @typedef {object} Session
 * @property {{name: string, role: Role}} user
 * @property {string[]|null} rooms that are seen; null: all
 * @property {boolean} must_change the password, before anything else
 * @property {{hub_id: string, version: string, ca_fingerprint: string, mqtts_port: number, https_port: number, http_port: number}} hub
 * @property {number} now
 *
 * @typedef {object} Key
 * @property {string} kid
 * @property {string} code
 * @property {string} qr
 * @property {string} qr_svg
 * @property {number} expires
 * @property {string} note
 * @property {string} area
 * @property {boolean} needs_approval
 *
 * @typedef {{entity: string, name: string, from?: string}} Heir
 * @typedef {{kept: Heir[], lost: Heir[], fresh: Heir[]}} Replacement
 * @typedef {{id: string, name: string, area: string, model: string, dialect: string, client: string|null, last_seen: number|null}} Former
 *
 * @typedef {object} KeyRow
 * @property {string} kid
 * @property {'new'|'claimed'|'bound'|'expired'|'revoked'} state
 * @property {number} created
 * @property {number} expires
 * @property {string} note
 * @property {string} area
 * @property {boolean} needs_approval
 * @property {boolean} approved
 * @property {string|null} fingerprint
 * @property {string|null} device
 *
 * @typedef {object} PointsAnswer
 * @property {string} kind gauge, counter, binary, text
 * @property {number} from of the window, ms
 * @property {number} to
 * @property {boolean} raw
 * @property {number} length of a bucket, ms; 0 when raw
 * @property {number} gap a longer pause is one; 0: the value holds
 * @property {boolean} settled
 * @property {(number|null)[][]} points [at, value] or [at, average, least, most, count] and, of a counter, increase
 *
 * @typedef {[number, number, number|string|null, number, boolean]} Run from, to, value, changes, mixed
 * @typedef {{kind: string, runs: Run[]}} TimelineAnswer
 */

/**
 * @typedef {{preset: string, interval_ms: number, deadband: number}} Recorder
 * @typedef {{raw_days: number, rollup_years: number, max_bytes: number, sd_saver: boolean}} Policy
 *
 * @typedef {object} Series
 * @property {number} id
 * @property {string|null} device
 * @property {string|null} entity
 * @property {string|null} topic
 * @property {string|null} path
 * @property {string} kind
 * @property {string|null} unit
 * @property {string|null} [device_class]
 * @property {Recorder} recorder
 * @property {number} raw_days
 * @property {number} rollup_years
 * @property {number} today samples
 *
 * @typedef {object} Usage
 * @property {number} bytes
 * @property {number} samples
 * @property {number|null} samples_a_day
 * @property {number} written_today
 * @property {number|null} bytes_a_day
 * @property {{series: number, device: string|null, entity: string|null, topic: string|null, path: string|null, samples: number}[]} noisiest
 * @property {{size: number, free: number}|null} disk
 * @property {number} cycles
 * @property {number|null} card_life_years
 * @property {Policy} policy
 *
 * @typedef {{id: number, filter: string, path: string, name: string, kind: string, unit: string|null}} Rule
 * @typedef {{path: string, hour: number, keep: number, running?: boolean, last: {at: number|null, path: string|null, bytes: number|null, error: string|null}|null}} Schedule
 *
 * @typedef {object} Import
 * @property {'none'|'running'|'done'|'failed'|'cancelled'} state
 * @property {number} done
 * @property {number} total 0: not known
 * @property {number} samples
 * @property {number} series
 * @property {number} skipped
 * @property {string[]} errors
 * @property {string|null} message
 */

/**
 * @typedef {{id: number, name: string, role: Role, rooms: string[]|null, must_change: boolean, created: number}} Person
 * @typedef {{id: string, agent: string, address: string, created: number, used: number, current: boolean}} LoginSession
 *
 * @typedef {object} Token
 * @property {number} id
 * @property {string} name
 * @property {'read'|'control'|'admin'} scope
 * @property {number} created
 * @property {number|null} used
 * @property {number|null} expires
 * @property {string} [token] itself, when it was just made
 */

/**
 * @typedef {{filter: string, publish?: boolean, subscribe?: boolean}} ClientTopic
 * @typedef {{name: string, title: string, kind: string|null, created: number, topics: ClientTopic[], prefix?: string|null}} Client an MQTT user of a device of others
 * @typedef {Client & {password: string}} ClientSecret just made, or with a new password
 * @typedef {{dialect: string|null, client: string|null, parts: {topic: string, payload: string}[]}} DeviceParts
 * @typedef {{allowed: boolean, port: number, fixed: boolean}} Unencrypted port: 0 when the settings' file turns it off
 */

/**
 * A catalogue in another language: the shape of the English one. What is missing is a matter of the tests, which say so in words.
 * @template T
 * @typedef {T extends (...args: any[]) => any ? T : T extends readonly any[] ? T : T extends object ? {[K in keyof T]?: Translation<T[K]>} : T} Translation
 */

/**
 * @typedef {{device: string, entity: string, value?: Value}} Member value: of a scene's
 * @typedef {{id: number, name: string, members: Member[], areas: string[]}} Bundle a group or scene
 */

/** @typedef {{ca_fingerprint: string, ca_url: string, ca_qr_svg: string, https_port: number}} TrustFacts */

/** @typedef {{problems: Record<string, string>, alerts: Record<string, (device: string, text: string) => string>}} HubTexts */

export {};
