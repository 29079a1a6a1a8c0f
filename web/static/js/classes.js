// Device classes of Home Assistant that people choose from. Those of covers and binary sensors are all that the hub knows (lib/model/component.c).
/** By component, the likeliest first. @type {Record<string, string[]>} */
export const CLASSES = {
	sensor: ['temperature', 'humidity', 'pressure', 'power', 'energy', 'voltage', 'current', 'battery', 'illuminance', 'carbon_dioxide', 'precipitation', 'wind_speed', 'water', 'gas', 'distance', 'duration', 'signal_strength'],
	binary_sensor: [
		'door', 'window', 'garage_door', 'opening', 'lock', 'motion', 'occupancy', 'presence', 'moving', 'vibration', 'sound', 'light', 'smoke', 'gas', 'carbon_monoxide', 'moisture', 'heat', 'cold',
		'safety', 'tamper', 'problem', 'plug', 'power', 'running', 'connectivity', 'battery', 'battery_charging', 'update',
	],
	switch: ['outlet', 'switch'], cover: ['blind', 'shutter', 'shade', 'curtain', 'awning', 'window', 'door', 'garage', 'gate', 'damper'],
};
