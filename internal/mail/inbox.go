package mail

import (
	"context"
	"slices"
	"sync"
)

// inboxKeeps is how many mails an Inbox has at most.
const inboxKeeps = 200

// Inbox is a sender that keeps in memory what another one has sent, for a developer to read. It is
// for development only: anyone who reads it can log in as any user. It is safe for concurrent use.
type Inbox struct {
	sender Sender

	mutex   sync.Mutex
	mails   []*Message    // the oldest first
	arrived chan struct{} // closed and made anew when a mail arrives
}

// NewInbox returns an inbox of what sender sends, with the last 200 mails.
func NewInbox(sender Sender) *Inbox {
	return &Inbox{sender: sender, arrived: make(chan struct{})}
}

var _ Sender = (*Inbox)(nil)

// Send sends the mail by the other sender and, if that went well, keeps it: a mail that is tried again
// is there once.
func (i *Inbox) Send(ctx context.Context, m *Message) error {
	if err := i.sender.Send(ctx, m); err != nil {
		return err
	}
	kept := *m // the caller's changes do not reach the readers

	i.mutex.Lock()
	defer i.mutex.Unlock()
	if len(i.mails) == inboxKeeps {
		i.mails = slices.Delete(i.mails, 0, 1)
	}
	i.mails = append(i.mails, &kept)
	close(i.arrived)
	i.arrived = make(chan struct{})
	return nil
}

// Messages returns the mails, the newest first. They must not be changed.
func (i *Inbox) Messages() []*Message {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	mails := slices.Clone(i.mails)
	slices.Reverse(mails)
	return mails
}

// Arrived returns a channel that is closed when the next mail arrives. Who takes it before looking at
// Messages misses none.
func (i *Inbox) Arrived() <-chan struct{} {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.arrived
}
