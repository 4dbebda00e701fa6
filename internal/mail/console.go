package mail

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// ruleWidth is how wide the box around a printed mail is.
const ruleWidth = 76

// NewConsole returns a sender that prints mails, their links included, for a developer to click. It
// is for development only: anyone who reads the console can log in as any user.
func NewConsole(w io.Writer) Sender { return &console{w: w} }

type console struct {
	mutex sync.Mutex // one mail at a time
	w     io.Writer
}

func (c *console) Send(_ context.Context, m *Message) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n╭─ mail %s\n", strings.Repeat("─", ruleWidth-len("╭─ mail ")))
	fmt.Fprintf(&b, "│ To:      %s\n│ Subject: %s\n│\n", m.To, m.Subject)
	for line := range strings.SplitSeq(strings.TrimSpace(m.Text.Reveal()), "\n") {
		// No frame to the left of a link's line: some terminals would take it into the link.
		if strings.Contains(line, "://") {
			fmt.Fprintf(&b, "%s\n", line)
			continue
		}
		fmt.Fprintln(&b, strings.TrimRight("│ "+line, " "))
	}
	fmt.Fprintf(&b, "╰%s\n", strings.Repeat("─", ruleWidth-1))

	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, err := io.WriteString(c.w, b.String()); err != nil {
		return fmt.Errorf("print the mail: %w", err)
	}
	return nil
}
