/* Erasure in hub.db: deleting a row leaves copies of it in the file, in freed pages, in the
 * gaps of pages that were split, and in the log. (Measured: also secure_delete leaves the gaps.)
 * So an erasure is noted in the same transaction as its decision, and ends only when
 * VACUUM has written the file anew and a truncating checkpoint has emptied the log. A crash or a full disk in
 * between does not make it forgotten. Writer thread only. */
#include "db/erase.h"

#include "base/err.h"
#include "db/writer.h"

int erase_note_traces(struct write *write)
{
	int err = query_run_text(write->hub, "INSERT OR IGNORE INTO erasure (device) VALUES (?)", "");
	if (!err)
		write->traces_due = true;
	return err;
}

int erase_wipe(struct write *write)
{
	int err = conn_exec(write->hub, "VACUUM");
	if (!err)
		err = conn_checkpoint(write->hub, true);
	if (!err)
		err = query_run_text(write->hub, "DELETE FROM erasure WHERE device = ?", "");
	if (!err)
		write->traces_due = false;
	return err;
}
