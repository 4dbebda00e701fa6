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

// lastingKey leads from the context of a request, which ends after Timeouts.Request, to those by which an answer ends that
// lasts.
type lastingKey struct{}

type lasting struct {
	connection context.Context // ends when the client has gone
	server     context.Context // ends when the server stops
}

// Lasting returns a context for an answer that lasts, with the values of that of its request. It ends when the client has
// gone, the server stops or cancel is called.
func Lasting(ctx context.Context) (lasts context.Context, cancel context.CancelFunc) {
	of, ok := ctx.Value(lastingKey{}).(lasting)
	if !ok {
		return context.WithCancel(ctx)
	}
	lasts, end := context.WithCancel(context.WithoutCancel(ctx))
	gone, stopped := context.AfterFunc(of.connection, end), context.AfterFunc(of.server, end)
	return lasts, func() {
		gone()
		stopped()
		end()
	}
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
	_ = stream.SetReadDeadline(time.Time{}) // what is read now is whether the client is still there
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
	lasts, cancel := Lasting(r.Context())
	defer cancel()
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
			case <-lasts.Done():
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
