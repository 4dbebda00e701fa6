//go:build latchkey_profile && unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

// profileVariable names the file for a profile of what the program spends its time on. The program as it
// is shipped is built without the tag latchkey_profile: nothing of this file is in it, so it cannot be
// asked for a profile.
const profileVariable = "PROFILE_LATCHKEY"

// init begins a profile, which begins anew at each SIGUSR1 and ends at SIGUSR2.
func init() {
	path := os.Getenv(profileVariable)
	if path == "" {
		return
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		fmt.Fprintf(os.Stderr, "latchkey: %v\n", err)
		os.Exit(1)
	}
	go func() {
		if err := profileUntil(signals, &profile, path); err != nil {
			fmt.Fprintf(os.Stderr, "latchkey: %v\n", err)
			os.Exit(1)
		}
	}()
}

// profileUntil lets a CPU profile that has begun run until SIGUSR2 comes. Then it writes
// that of the memory into the file of the path with .heap behind it, and the other into that of the path,
// which is there when it is whole.
func profileUntil(signals <-chan os.Signal, profile *bytes.Buffer, path string) error {
	for <-signals == syscall.SIGUSR1 {
		pprof.StopCPUProfile()
		profile.Reset()
		if err := pprof.StartCPUProfile(profile); err != nil {
			return fmt.Errorf("begin a profile: %w", err)
		}
	}
	pprof.StopCPUProfile()
	heap, err := os.OpenFile(path+".heap", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the operator who starts the program names it
	if err != nil {
		return err
	}
	if err := errors.Join(pprof.WriteHeapProfile(heap), heap.Close()); err != nil {
		return fmt.Errorf("write the profile of the memory: %w", err)
	}
	if err := os.WriteFile(path+".part", profile.Bytes(), 0o600); err != nil { //nolint:gosec // the same
		return err
	}
	return os.Rename(path+".part", path) //nolint:gosec // the same
}
