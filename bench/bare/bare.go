// Package bare holds the limits that Latchkey is measured against: servers which do only what nothing
// like it can do without. Each is as fast as its parts allow.
package bare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// The kinds of bare servers.
const (
	GraphQL     = "graphql"     // gqlgen as it comes, which answers `me` with a constant
	Roomy       = "roomy"       // the same, whose collector is left as much garbage as Latchkey's
	Select      = "select"      // one SELECT by an index, behind the HTTP stack of Latchkey
	Transaction = "transaction" // a transaction of two UPDATEs by their keys, behind the same
)

// ballastSize is that of a server of Latchkey (internal/app/runtime.go), whose collector runs less often for it.
const ballastSize = 8 << 20 // bytes

// Serve runs a server of the kind on the database of the URL, if it has one, until in ends. It writes its
// address as a line to out.
func Serve(ctx context.Context, kind, url string, in io.Reader, out io.Writer) (err error) {
	handler, closing, err := newHandler(ctx, kind, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in) // until whoever started this is gone
		_ = server.Close()
	}()
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func newHandler(ctx context.Context, kind, url string) (handler http.Handler, closing func() error, err error) {
	switch kind {
	case Roomy:
		ballast := make([]byte, ballastSize) // never touched, and so no memory
		return newGraphQL(), func() error { runtime.KeepAlive(ballast); return nil }, nil
	case GraphQL:
		return newGraphQL(), func() error { return nil }, nil
	}
	db, err := openDatabase(url)
	if err != nil {
		return nil, nil, err
	}
	var work http.Handler
	switch kind {
	case Select:
		work, err = newSelect(ctx, db)
	case Transaction:
		var t *Transactions
		t, err = newTransactions(ctx, db)
		work = t
	default:
		err = fmt.Errorf("there is no limit %q", kind)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	stack, err := httpd.New(httpd.Config{
		GraphQL: work, Ready: db.PingContext, ProductName: "Bare", Logger: slog.New(slog.DiscardHandler),
		JWKS: func(context.Context) ([]byte, error) { return nil, errors.New("there are no keys") },
	})
	return stack, db.Close, err
}
