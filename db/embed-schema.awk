# Turns schema/<database>/NNN_<name>.sql into schema_tables.c: one struct schema a
# database, its migrations in order. Files come sorted; numbers start at 1 and
# have no gap, so a migration's place is its version.
# usage: awk -f embed-schema.awk FILE...

function fail(text)
{
	print "embed-schema: " FILENAME ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

function close_database()
{
	if (database != "")
		printf "},\n};\nconst struct schema schema_%s = {\"%s.db\", %d, migrations_%s};\n", \
			database, database, version, database
}

BEGIN {
	print "/* Made from db/schema by embed-schema.awk. */"
	print "#include \"db/schema.h\""
}

FNR == 1 {
	parts = split(FILENAME, part, "/")
	if (part[parts] !~ /^[0-9][0-9][0-9]_[a-z0-9_]+\.sql$/)
		fail("is not called NNN_name.sql")
	if (part[parts - 1] != database) {
		close_database()
		database = part[parts - 1]
		version = 0
		printf "\nstatic const struct migration migrations_%s[] = {\n", database
	} else {
		print "},"
	}
	if (substr(part[parts], 1, 3) + 0 != ++version)
		fail("should have the number " version)
	printf "{\"%s\",\n", part[parts]
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	printf "\"%s\\n\"\n", $0
}

END {
	if (!failed)
		close_database()
}
