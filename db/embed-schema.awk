# Turns schema/<database>/NNN_<name>.sql into schema_tables.c: one struct schema a
# database, its migrations in order. Files come sorted; numbers have no gap, and
# a database whose earliest formats are converted by other means starts above 1.
# A folder telemetry_rows holds an older format of telemetry.db.
# usage: awk -f embed-schema.awk FILE...

function fail(text)
{
	print "embed-schema: " FILENAME ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

function close_database()
{
	file = database
	sub(/_.*/, "", file)
	if (database != "")
		printf "},\n};\nconst struct schema schema_%s = {\"%s.db\", %d, %d, migrations_%s};\n", \
			database, file, first, version - first + 1, database
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
		first = substr(part[parts], 1, 3) + 0
		version = first - 1
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
