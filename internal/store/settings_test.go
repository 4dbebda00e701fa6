package store_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
)

// alter changes the settings of the database of a URL.
func alter(t *testing.T, databaseURL string, settings ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, setting := range settings {
		if _, err := conn.Exec(t.Context(), "ALTER DATABASE "+conn.Config().Database+" SET "+setting); err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
	}
}

// unusual are settings that somebody may have made for others who use the database.
var unusual = []string{
	"datestyle = 'German'", "intervalstyle = 'sql_standard'", "timezone = 'Asia/Kathmandu'", "bytea_output = 'escape'",
	"standard_conforming_strings = off", "default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on",
	"transform_null_equals = on", "extra_float_digits = -15", "client_min_messages = 'debug5'", "lc_numeric = 'C'", "array_nulls = off",
	"xmloption = 'document'", "enable_seqscan = off", "statement_timeout = '1ms'", "client_encoding = 'LATIN1'",
}

// works does what a sign-in does: texts, bytes and times are written and read.
func works(t *testing.T, db *store.DB) {
	t.Helper()
	at := time.Date(2026, 12, 11, 10, 9, 8, 7000, time.UTC)
	user := &auth.User{
		ID: uuid.Must(uuid.NewV7()), Email: address.Email{Address: `a\'é€` + uuid.NewString() + "@example.com", Canonical: uuid.NewString()}, Name: `é€\'\n`,
		Role: auth.RoleUser, PasswordHash: "hash", CreatedAt: at, UpdatedAt: at,
	}
	session := &auth.Session{
		ID: uuid.Must(uuid.NewV7()), UserID: user.ID, TokenDigest: []byte("\x00\xff\\digest"), UserAgent: `\`,
		CreatedAt: at, LastSeenAt: at, AuthenticatedAt: at, EndsAt: at.Add(time.Hour),
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Fatalf("it is not ready: %v", err)
	}
	err := db.InTx(t.Context(), func(tx auth.Tx) error {
		if err := tx.CreateUser(t.Context(), user); err != nil {
			return err
		}
		return tx.CreateSession(t.Context(), session)
	})
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	found, owner, err := db.SessionByID(t.Context(), session.ID)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if !found.EndsAt.Equal(session.EndsAt) || string(found.TokenDigest) != string(session.TokenDigest) || owner.Name != user.Name || found.UserAgent != session.UserAgent {
		t.Errorf("wrote %+v of %q, read %+v of %q", session, user.Name, found, owner.Name)
	}
	item := &auth.OutboxItem{ID: uuid.Must(uuid.NewV7()), Job: auth.JobConfirmation, EmailKey: user.Email.Canonical, DueAt: at, CreatedAt: at}
	if err := db.InTx(t.Context(), func(tx auth.Tx) error { return tx.AddToOutbox(t.Context(), item) }); err != nil {
		t.Fatalf("enqueue: %v", err)
	}
	leased, err := db.LeaseOutbox(t.Context(), uuid.New(), at.Add(time.Second), at.Add(time.Minute), 1)
	if err != nil || len(leased) != 1 || !leased[0].DueAt.Before(at.Add(time.Hour)) {
		t.Errorf("leased %+v: %v", leased, err)
	}
}

func TestADatabaseWithUnusualSettings(t *testing.T) {
	for _, setting := range unusual {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			databaseURL := dbtest.Postgres(t)
			alter(t, databaseURL, setting)
			works(t, opened(t, databaseURL))
		})
	}
	t.Run("all of them, and migrated with them", func(t *testing.T) {
		databaseURL := dbtest.Postgres(t)
		alter(t, databaseURL, unusual...)
		works(t, migrated(t, databaseURL))
	})
	t.Run("the schema in which tables are is the operator's to choose", func(t *testing.T) {
		databaseURL := dbtest.Postgres(t)
		db := opened(t, databaseURL)
		if _, err := db.Bun().NewRaw("CREATE SCHEMA own").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		alter(t, databaseURL, "search_path = own")
		other := migrated(t, databaseURL)
		works(t, other)
		var schema string
		if err := other.Bun().NewRaw("SELECT schemaname FROM pg_tables WHERE tablename = 'users' AND schemaname = 'own'").Scan(t.Context(), &schema); err != nil {
			t.Errorf("the tables are elsewhere: %v", err)
		}
	})
}

func TestReadiness(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := opened(t, url)
		if err := db.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "0001_accounts.sql") {
			t.Errorf("without tables: %v", err)
		}
		if _, err := db.Migrate(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := db.Ready(t.Context()); err != nil {
				t.Errorf("with tables: %v", err)
			}
		}
		var rows int
		if err := db.Bun().NewRaw("SELECT count(*) FROM rate_limits").Scan(t.Context(), &rows); err != nil || rows != 0 {
			t.Errorf("it left %d rows: %v", rows, err)
		}
		if _, err := db.Bun().NewRaw("DROP TABLE outbox").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "outbox") {
			t.Errorf("without a table that sign-ins write to: %v", err)
		}
	})

	t.Run("a database that is set to be read-only is not ready", func(t *testing.T) {
		databaseURL := dbtest.Postgres(t)
		if _, err := opened(t, databaseURL).Migrate(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		alter(t, databaseURL, "default_transaction_read_only = on")
		if err := opened(t, databaseURL).Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "set to be read-only") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a user that may only read is not ready", func(t *testing.T) {
		databaseURL := dbtest.Postgres(t)
		db := opened(t, databaseURL)
		role := "reader_" + strings.ReplaceAll(uuid.NewString(), "-", "")
		for _, statement := range []string{
			"CREATE ROLE " + role + " LOGIN PASSWORD 'reads'", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role,
		} {
			if _, err := db.Bun().NewRaw(statement).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		t.Cleanup(func() {
			_, _ = db.Bun().NewRaw("DROP OWNED BY " + role + "; DROP ROLE " + role).Exec(context.Background())
		})
		u, err := url.Parse(databaseURL)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(role, "reads")
		if err := opened(t, u.String()).Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "rate_limits") {
			t.Errorf("got %v", err)
		}
	})
}

// poolerKnows are the parameters that PgBouncer takes when a connection begins.
var poolerKnows = []string{"user", "database", "application_name", "client_encoding", "datestyle", "standard_conforming_strings", "timezone"}

// strictPooler stands between a client and the database of a URL, as PgBouncer does with
// ignore_startup_parameters unset: it refuses a connection that begins with a parameter it does not know.
func strictPooler(t *testing.T, databaseURL string) string {
	t.Helper()
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	network, address := pgNetworkAddress(config)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = client.Close() }()
				pool(client, network, address)
			}()
		}
	}()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = listener.Addr().String()
	query := u.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	u.RawQuery = query.Encode()
	return u.String()
}

func pgNetworkAddress(config *pgx.ConnConfig) (network, address string) {
	if strings.HasPrefix(config.Host, "/") {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", config.Host, config.Port)
	}
	return "tcp", net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
}

// pool hands a client on, or refuses it.
func pool(client net.Conn, network, address string) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(client, head); err != nil {
		return
	}
	rest := make([]byte, binary.BigEndian.Uint32(head)-4)
	if _, err := io.ReadFull(client, rest); err != nil {
		return
	}
	if binary.BigEndian.Uint32(rest) == 3<<16 { // else it is a request to cancel
		words := strings.Split(string(rest[4:]), "\x00")
		for i := 0; i+1 < len(words) && words[i] != ""; i += 2 {
			if !slices.Contains(poolerKnows, strings.ToLower(words[i])) {
				message := "SFATAL\x00C08P01\x00Munsupported startup parameter: " + words[i] + "\x00\x00"
				_, _ = client.Write(append(binary.BigEndian.AppendUint32([]byte("E"), uint32(len(message)+4)), message...))
				return
			}
		}
	}
	server, err := net.Dial(network, address) //nolint:noctx // it ends with the client
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	if _, err := server.Write(append(head, rest...)); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	_, _ = io.Copy(server, client)
}

func TestAPoolerThatKnowsFewParameters(t *testing.T) {
	databaseURL := dbtest.Postgres(t)
	alter(t, databaseURL, slices.DeleteFunc(slices.Clone(unusual), func(setting string) bool {
		return strings.HasPrefix(setting, "statement_timeout") // there is no time to set it
	})...)
	db := opened(t, strictPooler(t, databaseURL))
	works(t, db)
	if late := db.SetLate(); !slices.Contains(late, "statement_timeout") || !slices.Contains(late, "bytea_output") || slices.Contains(late, "timezone") {
		t.Errorf("set late: got %q, want statement_timeout and bytea_output, and not timezone", late)
	}
	for name, want := range map[string]string{"statement_timeout": "10s", "lock_timeout": "5s", "bytea_output": "hex", "default_transaction_isolation": "read committed", "datestyle": "ISO"} {
		var got string
		if err := db.Bun().NewRaw("SELECT current_setting(?)", name).Scan(t.Context(), &got); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q: %v", name, got, err)
		}
	}
	if late := opened(t, databaseURL).SetLate(); len(late) > 0 {
		t.Errorf("without a pooler, set late: %q", late)
	}
}
