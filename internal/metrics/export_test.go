package metrics

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// What the tests need of the inside.

var (
	descName   = regexp.MustCompile(`fqName: "([^"]+)"`)
	descLabels = regexp.MustCompile(`variableLabels: \{([^}]*)\}`)
	constLabel = regexp.MustCompile(`constLabels: \{([^}]*)\}`)
	labelName  = regexp.MustCompile(`([a-z_]+)=`)
)

// Names returns the labels of all metrics by name, also of those that have no value yet.
func (m *Metrics) Names() map[string][]string {
	descs := make(chan *prometheus.Desc)
	go func() {
		m.registry.Describe(descs)
		close(descs)
	}()
	names := map[string][]string{}
	for desc := range descs {
		text := desc.String()
		labels := strings.FieldsFunc(descLabels.FindStringSubmatch(text)[1], func(r rune) bool { return r == ',' })
		for _, label := range labelName.FindAllStringSubmatch(constLabel.FindStringSubmatch(text)[1], -1) {
			labels = append(labels, label[1])
		}
		names[descName.FindStringSubmatch(text)[1]] = labels
	}
	return names
}

// NewOutbox is the collector of the outbox, by a clock of the test.
func NewOutbox(ping func(context.Context) error, ask func(context.Context, time.Time) (auth.OutboxDepth, error), now func() time.Time) prometheus.Collector {
	return newOutbox(Sources{Ping: ping, Outbox: ask}, now)
}

// MaxNames is how many values a label may have.
const MaxNames = maxNames
