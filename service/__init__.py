"""The REST service: schedules for whoever asks, from a store of jobs that outlives crashes."""
