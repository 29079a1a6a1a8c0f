// Devices of pretence with every component, and how they obey.
const HERE = { model: 'Simulated', manufacturer: 'tomte', sw_version: '0.1.0', online: true, lost: false };
const plain = { device_class: null, unit: null, state_class: null, icon: null, category: null, precision: null, series: null, controllable: true };

export function controlsHouse(now) {
	const base = { ...HERE, last_seen: now, enrolled: now };
	const is = (id, name, component, state, extra = {}) => ({ ...plain, id, name, component, state, at: now - 200000, ...extra });
	return [
		{ ...base, id: 'rooms', name: 'Bedroom', area: 'Bedroom', entities: [
			is('blind', 'Blind', 'cover', { state: 'open', position: 40, tilt: 20 }, { device_class: 'blind', can: ['state', 'position', 'tilt'] }),
			is('heating', 'Heating', 'climate', { state: 'heat', action: 'heating', target: 21.5, current: 19.8, humidity: 46, preset: 'eco', fan_mode: 'auto' },
				{ unit: '°C', min: 5, max: 30, step: 0.5, options: ['off', 'heat', 'cool', 'auto'], presets: ['eco', 'comfort', 'boost'], fan_modes: ['auto', 'low', 'medium', 'high', 'turbo'], can: ['state', 'target', 'preset', 'fan_mode'] }),
			is('fan', 'Ceiling fan', 'fan', { state: 'ON', percentage: 50, preset: 'normal', oscillating: 0, direction: 'forward' },
				{ presets: ['normal', 'breeze'], can: ['state', 'percentage', 'preset', 'oscillating', 'direction'] }),
			is('door', 'Front door', 'lock', 'locked'),
			is('lamp', 'Lamp', 'light', { state: 'ON', brightness: 200, color_temp: 2700, effect: 'none' },
				{ brightness: true, color_modes: ['color_temp', 'xy'], min_kelvin: 2000, max_kelvin: 6500, effects: ['none', 'candle', 'rainbow', 'slow_fade', 'blink'], can: ['state', 'brightness', 'color_temp', 'color', 'effect'] }),
			is('bell', 'Chime', 'button', null)] },
		{ ...base, id: 'wall', name: 'Wall panel', area: 'Office', entities: [
			is('volume', 'Volume', 'number', 30, { unit: '%', min: 0, max: 100, step: 5 }),
			is('scene', 'Scene', 'select', 'Reading', { options: ['Reading', 'Film', 'Dinner', 'Night', 'Away'] }),
			is('message', 'Message', 'text', 'Good morning', { min: 0, max: 32 }),
			is('firmware', 'Firmware', 'update', { state: 'ON', installed: '1.0.3', latest: '1.2.0' }, { device_class: 'firmware', can: [] }),
			is('knob', 'Knob', 'event', 'double_press', { options: ['press', 'double_press', 'hold'], controllable: false, device_class: 'button' })] },
		{ ...base, id: 'pair', name: 'Heat pump', area: 'Office', entities: [
			is('climate', 'Air', 'climate', { state: 'heat_cool', action: 'cooling', target_low: 20, target_high: 24, current: 24.6, target_humidity: 50, humidity: 55 },
				{ unit: '°C', min: 7, max: 35, step: 0.5, options: ['off', 'heat', 'cool', 'heat_cool', 'auto', 'dry', 'fan_only'], swing_modes: ['on', 'off'], can: ['state', 'target_low', 'target_high', 'swing_mode', 'target_humidity'] })] },
		{ ...base, id: 'window', name: 'Skylight', area: 'Office', entities: [is('contact', 'Contact', 'binary_sensor', 'ON', { device_class: 'window', controllable: false })] },
	];
}

const DONE = { OPEN: { state: 'open', position: 100 }, CLOSE: { state: 'closed', position: 0 }, STOP: { state: 'stopped' }, LOCK: 'locked', UNLOCK: 'unlocked', INSTALL: { state: 'OFF' } };

/** The state that follows from a command. */
export function obeyed(entity, value) {
	const done = typeof value === 'string' && ['cover', 'lock', 'update'].includes(entity.component) ? DONE[value] : undefined;
	if (entity.component === 'button') return null;
	if (entity.component === 'update') return { state: 'OFF', installed: entity.state.latest, latest: entity.state.latest };
	if (done !== undefined) return typeof done === 'object' ? { ...entity.state, ...done } : done;
	if (typeof value !== 'object' || value === null) return value;
	const state = { ...entity.state, ...value };
	if (value.color) delete state.color_temp;
	if (value.color_temp) delete state.color;
	if (value.position !== undefined) state.state = value.position > 0 ? 'open' : 'closed';
	if (value.target !== undefined) state.action = value.target > state.current ? 'heating' : 'idle';
	return state;
}
