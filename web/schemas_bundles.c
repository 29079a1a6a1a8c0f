/* The objects of commands to many, of groups and of scenes; lib/model/ports.h says who makes them. */
#include "model/bundle.h"
#include "web/operation.h"

#define WAIT {"wait_s", FIELD_INT, FIELD_OPTIONAL, \
	      .text = "How long a command may wait for a device that is away; 0: not at all. 300 when absent.", .min = 0, .max = COMMAND_WAIT_MOST_S}
#define NAME(flags_) {"name", FIELD_TEXT, flags_, .text = "For people; no other of its kind has it.", .min = 1, .max = MODEL_NAME_SIZE - 1}
#define ID {"id", FIELD_INT, .text = "Never given twice."}
#define AREAS {"areas", FIELD_TEXT, FIELD_LIST, .text = "The rooms that its devices are in."}

static const struct field many_wish[] = {
	{"area", FIELD_TEXT, FIELD_OPTIONAL, .text = "The room; empty: what is in none. Absent: the whole house.", .max = MODEL_NAME_SIZE - 1},
	{"component", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of what kind: light, switch, cover, fan, climate, lock, number, select, text, button or update.",
	 .min = 1, .max = MODEL_ID_MAX},
	{"components", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Of what kinds, where there are several."},
	{"value", FIELD_OBJECT, .text = "What they shall take.", .of = "Value"},
	WAIT,
};

static const struct field commands[] = {
	{"commands", FIELD_OBJECT, FIELD_LIST, .text = "What was sent, or waits.", .of = "Command"},
	{"refused", FIELD_OBJECT, FIELD_LIST, .text = "What was not.", .of = "Refusal"},
};

static const struct field refusal[] = {
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What was not commanded."},
	{"code", FIELD_TEXT, .text = "Why, for programs: offline, unsafe_late, reports_only, vanished, value_range and others of value_*."},
	{"reason", FIELD_TEXT, .text = "Why, for people."},
};

static const struct field group_member[] = {
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What is commanded."},
};

static const struct field scene_member[] = {
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What is commanded."},
	{"value", FIELD_OBJECT, .text = "What it shall take.", .of = "Value"},
};

static const struct field scene_member_wish[] = {
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What is commanded."},
	{"value", FIELD_OBJECT, FIELD_OPTIONAL, .text = "What it shall take; absent: what it has now.", .of = "Value"},
};

static const struct field group[] = {
	ID,
	NAME(0),
	{"members", FIELD_OBJECT, FIELD_LIST, .text = "What it commands.", .of = "GroupMember"},
	AREAS,
	{"state", FIELD_TEXT, FIELD_NULL, .text = "ON: at least one is on. OFF: none is. null: nothing is known, or nothing can be on."},
	{"on", FIELD_INT, .text = "How many are on."},
};

static const struct field group_wish[] = {
	NAME(0),
	{"members", FIELD_OBJECT, FIELD_LIST, .text = "1 to 100.", .of = "GroupMember"},
};

static const struct field group_edit[] = {
	NAME(FIELD_OPTIONAL),
	{"members", FIELD_OBJECT, FIELD_OPTIONAL | FIELD_LIST, .text = "1 to 100.", .of = "GroupMember"},
};

static const struct field scene[] = {
	ID,
	NAME(0),
	{"members", FIELD_OBJECT, FIELD_LIST, .text = "What it commands, in this order.", .of = "SceneMember"},
	AREAS,
};

static const struct field scene_wish[] = {
	NAME(0),
	{"members", FIELD_OBJECT, FIELD_LIST, .text = "1 to 100.", .of = "SceneMemberWish"},
};

static const struct field scene_edit[] = {
	NAME(FIELD_OPTIONAL),
	{"members", FIELD_OBJECT, FIELD_OPTIONAL | FIELD_LIST, .text = "1 to 100.", .of = "SceneMemberWish"},
};

static const struct field scene_order[] = {
	WAIT,
};

static const struct schema items[] = {
	{"ManyWish", "What everything of a kind shall do.", MEMBERS(many_wish), .example = "{\"area\":\"Kitchen\",\"component\":\"light\",\"value\":\"OFF\"}"},
	{"Commands", "What became of a wish to many.", MEMBERS(commands),
	 .example = "{\"commands\":[],\"refused\":[{\"device\":\"d4kq8x\",\"entity\":\"lamp\",\"code\":\"offline\",\"reason\":\"The device is offline. Check its power and network, then try again.\"}]}"},
	{"Refusal", "Something that was not commanded.", MEMBERS(refusal)},
	{"Group", "Entities that are commanded as one.", MEMBERS(group),
	 .example = "{\"id\":3,\"name\":\"Reading lamps\",\"members\":[{\"device\":\"d4kq8x\",\"entity\":\"lamp\"}],\"areas\":[\"Kitchen\"],"
		    "\"state\":\"ON\",\"on\":1}"},
	{"GroupMember", "One entity of a group.", MEMBERS(group_member)},
	{"GroupWish", "A group to make.", MEMBERS(group_wish),
	 .example = "{\"name\":\"Reading lamps\",\"members\":[{\"device\":\"d4kq8x\",\"entity\":\"lamp\"}]}"},
	{"GroupEdit", "What to change of a group.", MEMBERS(group_edit), .example = "{\"name\":\"Reading lamps\"}"},
	{"Scene", "Entities with the values that they shall take together.", MEMBERS(scene),
	 .example = "{\"id\":4,\"name\":\"Evening\",\"members\":[{\"device\":\"d4kq8x\",\"entity\":\"lamp\",\"value\":{\"state\":\"ON\",\"brightness\":40}}],"
		    "\"areas\":[\"Kitchen\"]}"},
	{"SceneMember", "One entity of a scene.", MEMBERS(scene_member)},
	{"SceneMemberWish", "One entity of a scene to make.", MEMBERS(scene_member_wish)},
	{"SceneWish", "A scene to make.", MEMBERS(scene_wish),
	 .example = "{\"name\":\"Evening\",\"members\":[{\"device\":\"d4kq8x\",\"entity\":\"lamp\",\"value\":{\"state\":\"ON\",\"brightness\":40}}]}"},
	{"SceneEdit", "What to change of a scene.", MEMBERS(scene_edit), .example = "{\"name\":\"Evening\"}"},
	{"SceneOrder", "How a scene is applied.", MEMBERS(scene_order), .example = "{\"wait_s\":0}"},
};

const struct schemas schemas_bundles = {items, COUNT_OF(items)};
