//go:build !linux

package main

import "time"

// On other systems than Linux, what a process uses is not measured, and shown as zero, and there are no
// profiles.

func cpuTime(int) (time.Duration, error) { return 0, nil }

func memory(int) (now, peak int64, err error) { return 0, 0, nil }

func forgetPeak(int) error { return nil }

func processor() string { return "" }

const canProfile = false

func beginProfile(int) error { return nil }

func endProfile(int) error { return nil }
