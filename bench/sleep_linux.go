package main

import (
	"runtime"
	"syscall"
	"time"
)

// preciseSleep returns a sleep that ends within 0.1 ms, for which it keeps a thread: time.Sleep waits in
// epoll, which counts in milliseconds. stop gives the thread back.
func preciseSleep() (sleep func(time.Duration), stop func()) {
	runtime.LockOSThread()
	return func(d time.Duration) {
		left := syscall.NsecToTimespec(d.Nanoseconds())
		_ = syscall.Nanosleep(&left, nil) // one that a signal ended early makes a request early, by less than a pace
	}, runtime.UnlockOSThread
}
