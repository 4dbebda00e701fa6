package httpd

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	maxStreams    = 16               // at once: each costs a connection, and browsers open a few per page
	streamBeat    = 15 * time.Second // how often a stream that has nothing to say says so
	streamPatient = 10 * time.Second // how long a client may take to read what it is sent
)

// connectionKey leads to the context of the connection, which ends when the client has gone, from the one of
// a request, which ends after Timeouts.Request.
type connectionKey struct{}

func withConnection(ctx, connection context.Context) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection)
}

// connection returns the context of the connection that a request came by.
func connection(ctx context.Context) context.Context {
	if c, ok := ctx.Value(connectionKey{}).(context.Context); ok {
		return c
	}
	return ctx
}

// inboxEvents tells a page of the inbox which mail is the newest, now and whenever one arrives, as
// server-sent events. It does so until the client goes or the server stops.
//
// A page of another origin could not read them, but take up all streams, so it gets none.
func (s *Server) inboxEvents(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		s.text(w, r, http.StatusForbidden, "These events are for the inbox itself.")
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		s.text(w, r, http.StatusServiceUnavailable, "The inbox is open in too many windows.")
		return
	}

	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(text string) error {
		if err := stream.SetWriteDeadline(time.Now().Add(streamPatient)); err != nil {
			return err
		}
		if _, err := fmt.Fprint(w, text); err != nil {
			return err
		}
		return stream.Flush()
	}

	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	gone := connection(r.Context()).Done()
	for {
		arrived := s.config.Development.Inbox.Arrived()
		if err := send("data: " + s.newestMail() + "\n\n"); err != nil {
			return // the client has gone
		}
		for waiting := true; waiting; {
			select {
			case <-arrived:
				waiting = false
			case <-beat.C:
				if err := send(":\n\n"); err != nil {
					return
				}
			case <-gone:
				return
			case <-s.stopped:
				return
			}
		}
	}
}

// newestMail returns the id of the newest mail, or nothing if there is none.
func (s *Server) newestMail() string {
	mails := s.config.Development.Inbox.Mails()
	if len(mails) == 0 {
		return ""
	}
	return mails[0].ID
}
