package pgtest

import (
	"context"
	"net/url"
	"sync"

	"github.com/jackc/pgx/v5"
)

// admins are the connections that create and drop databases, one to each server, by its URL. They stay open,
// because a new connection takes PostgreSQL longer than a new database.
var admins = struct {
	sync.Mutex
	open map[string]*pgx.Conn
}{open: map[string]*pgx.Conn{}}

// run runs one statement on the server.
func run(base *url.URL, statement string) error {
	return connected(base, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, statement)
		return err
	})
}

// connected calls fn with the connection to the server, which no other call has meanwhile.
func connected(base *url.URL, fn func(ctx context.Context, conn *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	admins.Lock()
	defer admins.Unlock()
	conn := admins.open[base.String()]
	if conn == nil || conn.IsClosed() {
		var err error
		if conn, err = pgx.Connect(ctx, base.String()); err != nil {
			return err
		}
		admins.open[base.String()] = conn
	}
	return fn(ctx, conn)
}

// disconnect closes the connection to the server, if there is one.
func disconnect(base *url.URL) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	admins.Lock()
	defer admins.Unlock()
	conn := admins.open[base.String()]
	delete(admins.open, base.String())
	if conn == nil {
		return nil
	}
	return conn.Close(ctx)
}
