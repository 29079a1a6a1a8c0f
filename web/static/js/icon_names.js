// The icons in icons.svg. Written by web/vendor.mjs.
export const ICON_NAMES = new Set((
	'account-circle-outline air-conditioner air-filter air-humidifier air-purifier alarm-light-outline alert ' +
	'alert-circle-outline antenna arrow-collapse-down arrow-collapse-horizontal arrow-collapse-up arrow-down ' +
	'arrow-expand-horizontal arrow-left arrow-right arrow-up bathtub battery battery-alert battery-charging bed ' +
	'bed-king bell bell-outline bell-ring-outline blinds bluetooth brightness-6 bulkhead-light camera car ' +
	'car-electric cast cat cctv ceiling-fan ceiling-light cellphone chandelier chart-line check ' +
	'check-circle-outline chevron-right chip clock-outline close cloud-off-outline coffee-maker cog cog-outline ' +
	'content-copy counter cpu-64-bit current-ac curtains curtains-closed delete-outline desk-lamp desktop-tower ' +
	'devices dishwasher dog door door-closed door-open doorbell dots-horizontal download drag ethernet ev-station ' +
	'expansion-card eye eye-off fan fire fire-alert flash flashlight floor-lamp flower fountain fridge fuel-cell ' +
	'garage garage-open gas-cylinder gate gate-open gauge gesture-tap-button harddisk heat-pump heat-wave ' +
	'heating-coil help-circle-outline home home-outline hvac information-outline invert-colors kettle key-outline ' +
	'lamp lamps lan lan-disconnect laptop leak led-on led-outline led-strip led-strip-variant light-recessed ' +
	'light-switch lightbulb lightbulb-group lightbulb-outline lightning-bolt lock lock-open lock-outline logout ' +
	'magnet magnify memory meter-electric meter-gas microwave minus molecule-co molecule-co2 monitor motion-sensor ' +
	'mushroom music nas network-outline outdoor-lamp palette palette-outline pencil-outline pine-tree pipe ' +
	'pipe-leak pipe-valve plus plus-circle-outline power power-plug power-plug-outline power-socket-eu printer ' +
	'printer-3d pulse pump qrcode radiator raspberry-pi refresh remote robot robot-vacuum roller-shade ' +
	'roller-shade-closed rotate-right router-wireless ruler scale-bathroom seat server server-network ' +
	'shield-check-outline shield-home shower signal sine-wave sleep smoke-detector snowflake sofa solar-panel ' +
	'solar-power speaker speedometer spotlight sprinkler sprout star star-outline stop string-lights ' +
	'sun-thermometer sun-wireless swap-horizontal swap-vertical table television theme-light-dark thermometer ' +
	'thermometer-alert thermometer-lines thermostat timer-outline timer-sand toggle-switch-outline ' +
	'toggle-switch-variant toilet track-light transmission-tower tumble-dryer tune tune-variant ' +
	'ultra-high-definition undo update upload usb vacuum valve vector-line vibrate view-dashboard-outline ' +
	'volume-high wall-sconce washing-machine watch-vibrate water water-boiler water-percent water-pump ' +
	'water-thermometer waves weather-cloudy weather-night weather-partly-cloudy weather-pouring weather-sunny ' +
	'weather-windy weight white-balance-sunny wifi wifi-off wind-turbine window-closed window-open window-shutter ' +
	'window-shutter-open'
).split(' '));
