package e2e

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// rankTest is the test of Mann and Whitney, with the correction for ties: z, which is far from 0 if
// times of b tend to be longer (above) or shorter (below) than those of a, and how often one of b is
// longer than one of a, 0.5 if neither tends to be. It asks nothing of how the times are spread.
func rankTest(a, b []time.Duration) (z, longer float64) {
	type timed struct {
		took time.Duration
		ofB  bool
	}
	all := make([]timed, 0, len(a)+len(b))
	for _, took := range a {
		all = append(all, timed{took: took})
	}
	for _, took := range b {
		all = append(all, timed{took: took, ofB: true})
	}
	slices.SortFunc(all, func(x, y timed) int { return cmp.Compare(x.took, y.took) })

	var ranksOfB, ties float64
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].took == all[from].took {
			to++
		}
		rank, tied := float64(from+1+to)/2, float64(to-from) // those that are equal share their ranks
		for _, t := range all[from:to] {
			if t.ofB {
				ranksOfB += rank
			}
		}
		ties += tied*tied*tied - tied
		from = to
	}

	n, m := float64(len(a)), float64(len(b))
	wins := ranksOfB - m*(m+1)/2
	spread := math.Sqrt(n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1))))
	if spread == 0 {
		return 0, 0.5
	}
	return (wins - n*m/2) / spread, wins / (n * m)
}

func TestTheRankTestIsThatOfTheTextbook(t *testing.T) {
	t.Parallel()
	durations := func(values ...int) []time.Duration {
		all := make([]time.Duration, len(values))
		for i, value := range values {
			all[i] = time.Duration(value)
		}
		return all
	}
	for name, c := range map[string]struct {
		a, b      []time.Duration
		z, longer float64
	}{
		// U = 25 of 25, its deviation sqrt(5*5*11/12) = 4.787.
		"all longer":       {durations(1, 2, 3, 4, 5), durations(6, 7, 8, 9, 10), 12.5 / 4.787, 1},
		"all shorter":      {durations(6, 7, 8, 9, 10), durations(1, 2, 3, 4, 5), -12.5 / 4.787, 0},
		"between them":     {durations(1, 2, 5, 6), durations(3, 4), 0, 0.5},
		"all the same":     {durations(7, 7, 7), durations(7, 7), 0, 0.5},
		"some of the same": {durations(1, 2, 2), durations(2, 2, 3), 2.5 / 1.9365, 7.0 / 9},
	} {
		t.Run(name, func(t *testing.T) {
			if z, longer := rankTest(c.a, c.b); math.Abs(z-c.z) > 0.001 || math.Abs(longer-c.longer) > 0.001 {
				t.Errorf("z is %.4f, longer %.4f; want %.4f, %.4f", z, longer, c.z, c.longer)
			}
		})
	}
}

// TestTheRuleForTimesIsRarelyWrongAndNeverBlind tries the rule on times that are made up: noise in
// bursts, as a busy machine makes it, is no leak, and a small shift is one.
func TestTheRuleForTimesIsRarelyWrongAndNeverBlind(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const n = 40
	// One after the other, in an order that is shuffled, as the server is asked.
	measure := func(shift time.Duration) (a, b []time.Duration) {
		busy := 0.0
		for _, which := range random.Perm(3 * n) {
			busy = 0.9*busy + 0.3*random.NormFloat64()
			took := time.Duration(float64(time.Millisecond) * math.Exp(0.3*random.NormFloat64()+busy))
			if which < 2*n {
				a = append(a, took)
			} else {
				b = append(b, took+shift)
			}
		}
		return a, b
	}
	suspicions := func(shift time.Duration, rounds int) (suspects int) {
		for range rounds {
			if z, _ := rankTest(measure(shift)); math.Abs(z) >= suspicious {
				suspects++
			}
		}
		return suspects
	}
	// By chance 4.7 of 10,000 are suspected, and 25 or more about once in 10^10.
	if n := suspicions(0, 10_000); n > 24 {
		t.Errorf("%d of 10,000 are suspected where there is no leak", n)
	}
	if n := suspicions(2*time.Millisecond, 1000); n < 999 {
		t.Errorf("a leak is seen %d times in 1,000", n)
	}
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
