// A schema of the API's description: members with their types; what is an object itself unfolds on demand.
import { useState } from '../lib.js';
import { html } from './html.js';
import { Prose } from './prose.js';
import { deref, exampleOf, nameOf, typeOf } from '../api_doc.js';
import { T } from '../text.js';

/** The object behind a member, if there is one to unfold. @param {any} doc @param {any} schema */
function inner(doc, schema) {
	const at = schema?.items && schema.type === 'array' ? schema.items : schema?.anyOf?.find((/** @type {any} */ each) => each.$ref) ?? schema;
	const is = deref(doc, at);
	return is?.properties ? at : null;
}

/** @param {{doc: any, name: string, schema: any, required: boolean}} props */
function Member({ doc, name, schema, required }) {
	const unfolds = inner(doc, schema);
	const [open, setOpen] = useState(false);
	return html`<li class="api-member">
		<div><code class="api-name">${name}</code> <span class="api-type">${typeOf(schema)}</span>${!required && html` <small class="muted">${T.api.optional}</small>`}</div>
		${(schema.title || schema.description) && html`<p class="muted">${schema.title ? `${schema.title} ` : ''}${schema.description}</p>`}
		${unfolds && html`<details open=${open} onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
			<summary>${nameOf(unfolds) || T.api.members}</summary>${open && html`<${Members} doc=${doc} schema=${unfolds} />`}</details>`}
	</li>`;
}

/** The members of an object, or what it is instead. @param {{doc: any, schema: any}} props */
export function Members({ doc, schema }) {
	const is = deref(doc, schema);
	if (!is?.properties) return html`<p><span class="api-type">${typeOf(is)}</span> ${is?.description && html`<${Prose} text=${is.description} />`}</p>`;
	return html`<ul class="plain api-members">${Object.entries(is.properties).map(([name, each]) => html`
		<${Member} key=${name} doc=${doc} name=${name} schema=${each} required=${is.required?.includes(name) ?? false} />`)}</ul>`;
}

/** A schema with an example. @param {{doc: any, schema: any}} props */
export function SchemaView({ doc, schema }) {
	return html`<${Members} doc=${doc} schema=${schema} />
		<details><summary>${T.api.example}</summary><pre class="api-text" tabindex="0">${JSON.stringify(exampleOf(doc, schema), null, 2)}</pre></details>`;
}
