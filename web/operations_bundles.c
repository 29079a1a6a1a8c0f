/* What the routes of groups and scenes take and answer. */
#include "web/list.h"
#include "web/operation.h"

static const struct field list[] = {
	{"area", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with a device in this room.", .min = 1, .max = MODEL_NAME_SIZE - 1},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in the name.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field group[] = {
	{"id", FIELD_INT, .text = "The group.", .min = 1, .max = INT64_MAX},
};

static const struct field scene[] = {
	{"id", FIELD_INT, .text = "The scene.", .min = 1, .max = INT64_MAX},
};

#define GROUP "Groups and scenes"
#define SEEN "A guest sees those whose devices are all in the own rooms."

static const struct operation items[] = {
	{.handle = api_groups_list, .id = "listGroups", .group = GROUP, PARAMETERS(list), .status = 200, .answer = "Group", .list = "groups",
	 .flags = OPERATION_PAGED | OPERATION_LIVE, .text = "Ordered by id. " SEEN},
	{.handle = api_group_get, .id = "getGroup", .group = GROUP, PARAMETERS(group), .status = 200, .answer = "Group", .flags = OPERATION_ETAG,
	 .errors = {404}, .text = "The ETag stands for name and members."},
	{.handle = api_group_add, .id = "addGroup", .group = GROUP, .body = "GroupWish", .status = 201, .answer = "Group", .flags = OPERATION_ETAG,
	 .errors = {409}, .text = "409: another group has the name, or there are 200 of them."},
	{.handle = api_group_edit, .id = "editGroup", .group = GROUP, PARAMETERS(group), .body = "GroupEdit", .status = 200, .answer = "Group",
	 .flags = OPERATION_ETAG | OPERATION_IF_MATCH, .errors = {404, 409}, .text = "What is left out stays as it is."},
	{.handle = api_group_remove, .id = "removeGroup", .group = GROUP, PARAMETERS(group), .status = 204, .errors = {404}},
	{.handle = api_group_command, .id = "commandGroup", .group = GROUP, PARAMETERS(group), .body = "CommandWish", .status = 202,
	 .answer = "Commands", .errors = {404}, .text = "Each member gets a command of its own, with what it can take of the value."},
	{.handle = api_scenes_list, .id = "listScenes", .group = GROUP, PARAMETERS(list), .status = 200, .answer = "Scene", .list = "scenes",
	 .flags = OPERATION_PAGED | OPERATION_LIVE, .text = "Ordered by id. " SEEN},
	{.handle = api_scene_get, .id = "getScene", .group = GROUP, PARAMETERS(scene), .status = 200, .answer = "Scene", .flags = OPERATION_ETAG,
	 .errors = {404}, .text = "The ETag stands for name and members."},
	{.handle = api_scene_add, .id = "addScene", .group = GROUP, .body = "SceneWish", .status = 201, .answer = "Scene", .flags = OPERATION_ETAG,
	 .errors = {409}, .text = "A member without a value gets the one that the entity has now. 409: another scene has the name, or there are 200 of them."},
	{.handle = api_scene_edit, .id = "editScene", .group = GROUP, PARAMETERS(scene), .body = "SceneEdit", .status = 200, .answer = "Scene",
	 .flags = OPERATION_ETAG | OPERATION_IF_MATCH, .errors = {404, 409},
	 .text = "What is left out stays as it is. A member without a value gets the one that the entity has now."},
	{.handle = api_scene_remove, .id = "removeScene", .group = GROUP, PARAMETERS(scene), .status = 204, .errors = {404}},
	{.handle = api_scene_apply, .id = "applyScene", .group = GROUP, PARAMETERS(scene), .body = "SceneOrder", .status = 202, .answer = "Commands",
	 .errors = {404}, .text = "Each member gets a command of its own."},
};

const struct operations operations_bundles = {items, COUNT_OF(items)};
