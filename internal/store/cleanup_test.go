package store_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/store"
)

// otherwiseRemoved are the tables whose rows expire and are removed by another task than Discard's, or
// with what they belong to.
var otherwiseRemoved = map[string]string{
	"email_changes":       "EndEmailChanges, by the task of deleted accounts",
	"email_change_tokens": "with their changes of address",
	"leases":              "one row for each lease, taken again and again",
	"refresh_chains":      "with their sessions; what is sealed by ForgetSuccessors",
	"usernames":           "with their users and sign-ups; an expired one can be taken",
}

// TestEveryTableThatExpiresIsCleanedUp looks at the columns of all tables for those that say when a row
// ends. A new one needs a task of the clean-up, or a reason.
func TestEveryTableThatExpiresIsCleanedUp(t *testing.T) {
	ends := regexp.MustCompile(`^(expires|ends|abandoned|rotated|full)_at$|_until$`)
	onEach(t, func(t *testing.T, url string) {
		db := opened(t, url)
		if _, err := db.Migrate(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		query := "SELECT m.name AS \"table\", p.name AS \"column\" FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
		if db.Kind() == store.Postgres {
			query = "SELECT table_name::text AS \"table\", column_name::text AS \"column\" FROM information_schema.columns WHERE table_schema = 'public'"
		}
		var columns []struct{ Table, Column string }
		if err := db.Bun().NewRaw(query).Scan(t.Context(), &columns); err != nil {
			t.Fatal(err)
		}

		found := map[string]bool{}
		for _, c := range columns {
			if !ends.MatchString(c.Column) {
				continue
			}
			found[c.Table] = true
			if !slices.Contains(store.ExpiringTables(), c.Table) && otherwiseRemoved[c.Table] == "" {
				t.Errorf("%s.%s: got no task of the clean-up that removes such rows, want one", c.Table, c.Column)
			}
		}
		for table := range otherwiseRemoved {
			if !found[table] {
				t.Errorf("%s: got no column that says when a row ends, want one or no exception", table)
			}
		}
	})
}
