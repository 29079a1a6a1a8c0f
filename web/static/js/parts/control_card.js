// The card of something to use, by component.
import { html } from './html.js';
import { ToggleCard } from './card_toggle.js';
import { CoverCard } from './card_cover.js';
import { StepCard } from './card_step.js';
import { EventCard, LockCard, SelectCard, TextCard, UpdateCard } from './card_others.js';

/** @import {Device, Entity} from '../types.js' */

/** @type {Record<string, any>} */
const CARDS = {
	light: ToggleCard, switch: ToggleCard, fan: ToggleCard, button: ToggleCard, cover: CoverCard, climate: StepCard, number: StepCard,
	lock: LockCard, select: SelectCard, text: TextCard, update: UpdateCard, event: EventCard,
};

/** @param {{device: Device, entity: Entity}} props */
export const ControlCard = ({ device, entity }) => html`<${CARDS[entity.component] ?? TextCard} device=${device} entity=${entity} />`;
