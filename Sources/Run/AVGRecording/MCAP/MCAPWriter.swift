import AVGCore
import AVGSystem

/// Writes an MCAP file of uncompressed chunks, each with its CRC-32 and index, and a summary at the end.
///
/// Messages go into a buffer; a thread of its own writes the buffer when it is full, and at least twice a second, so
/// that no disk holds up the caller. Only when both buffers are full does it wait. Killed at any instant, the file is
/// whole up to its last whole chunk. All calls come from one thread.
final class MCAPWriter: @unchecked Sendable {
  private static let flushPeriod = Duration.milliseconds(500)
  private static let largestChannelCount = 16

  private let state = Monitor()
  // Below: held by `state`, but for `writing`'s contents, which are the thread's while it writes.
  private var filling: ChunkBuilder
  private var full: ChunkBuilder?
  private var empty: ChunkBuilder?
  private var isClosing = false
  private var hasEnded = false
  private var failure: LogError?
  /// The thread's own while it runs, the caller's while no chunk is under way.
  private var file: LogFile
  private var summary = MCAPSummary()
  private var chunkHead = ByteBuffer(capacity: 128)
  private var indexRecords: ByteBuffer
  private var indexes: [(channel: UInt16, offset: UInt64, messages: Int)] = []
  private var channelCount = 0
  private var schemaCount = 0

  private let chunkCapacity: Int
  private let rewrite: ChunkBuilder.Rewrite?
  /// The thread's own: a chunk's records rewritten.
  private let rewritten: ChunkBuilder?
  private let onFailure: @Sendable () -> Void

  /// Makes the file and starts the thread.
  ///
  /// - Parameters:
  ///   - chunkCapacity: bytes of records in a chunk.
  ///   - rewrite: what is done to each message by the thread; nil for nothing.
  ///   - onFailure: is called by the thread, when it cannot write.
  init(
    creating path: String, library: String, chunkCapacity: Int = 512 * 1024,
    rewrite: ChunkBuilder.Rewrite? = nil,
    onFailure: @escaping @Sendable () -> Void = {}
  ) throws(LogError) {
    self.chunkCapacity = chunkCapacity
    self.rewrite = rewrite
    rewritten = rewrite == nil ? nil : ChunkBuilder(capacity: chunkCapacity)
    self.onFailure = onFailure
    file = try LogFile(creating: path)
    filling = ChunkBuilder(capacity: chunkCapacity)
    empty = ChunkBuilder(capacity: chunkCapacity)
    indexRecords = ByteBuffer(capacity: chunkCapacity / 2)
    indexes.reserveCapacity(64)
    var start = ByteBuffer()
    start.append(MCAP.magic)
    start.append(record: .header) { fields in
      fields.append(text: "")
      fields.append(text: library)
    }
    try file.write(start.bytes)
    do throws(ThreadError) {
      try SystemThread.start(for: "the thread that writes the log") { [self] in writeChunks() }
    } catch { throw .noThread(file: path, error) }
  }

  /// The messages whose chunks have been written.
  var messageCount: UInt64 { state.withLock { summary.messageCount } }

  /// Defines a kind of message.
  func addSchema(name: String, encoding: String, data: [UInt8]) -> UInt16 {
    state.withLock {
      schemaCount += 1
      let number = UInt16(schemaCount)
      let record = MCAPRecord.schema(number, name: name, encoding: encoding, data: data)
      filling.append(record)
      _ = summary.define(schema: number)
      summary.schemas.append(record.bytes)
      return number
    }
  }

  /// Defines a stream of messages of one kind.
  func addChannel(topic: String, schema: UInt16, encoding: String) -> UInt16 {
    state.withLock {
      channelCount += 1
      precondition(channelCount <= Self.largestChannelCount, "more than \(channelCount - 1) channels")
      let number = UInt16(channelCount)
      let record = MCAPRecord.channel(number, schema: schema, topic: topic, encoding: encoding)
      filling.append(record)
      summary.channels.append(record.bytes)
      summary.add(channel: number)
      return number
    }
  }

  /// Adds a message.
  ///
  /// - Parameters:
  ///   - time: nanoseconds.
  ///   - room: at least the bytes that `data` appends.
  /// - Throws: what has happened to the file since the last call.
  func write(
    channel: UInt16, sequence: UInt32, time: UInt64, room: Int, _ data: (inout ByteBuffer) -> Void
  ) throws(LogError) {
    state.lock()
    defer { state.unlock() }
    let length = MCAP.recordHeaderLength + MCAP.messageHeaderLength + room
    if !filling.isEmpty, filling.records.count + length > chunkCapacity { seal() }
    if let failure { throw failure }
    filling.append(channel: channel, sequence: sequence, time: time, data)
  }

  /// Adds named texts, at the place where the file is now.
  func add(metadata name: String, _ entries: [(key: String, value: String)]) throws(LogError) {
    let record = MCAPRecord.metadata(name, entries)
    try drain()
    state.lock()
    defer { state.unlock() }
    summary.add(metadata: name, offset: file.length, length: UInt64(record.count))
    try file.write(record.bytes)
  }

  /// Adds a file within the file.
  func add(attachment name: String, mediaType: String, time: UInt64, _ data: [UInt8]) throws(LogError) {
    let record = MCAPRecord.attachment(name, mediaType: mediaType, time: time, data)
    try drain()
    state.lock()
    defer { state.unlock() }
    summary.add(
      attachment: name, mediaType: mediaType, time: time, dataLength: data.count, offset: file.length,
      length: UInt64(record.count))
    try file.write(record.bytes)
  }

  /// Writes what is left and the summary, and ends the thread; does nothing the second time.
  func close() throws(LogError) {
    guard !isClosing else { return }
    try drain()
    state.lock()
    isClosing = true
    state.broadcast()
    while !hasEnded { state.wait() }
    state.unlock()
    if let failure { throw failure }
    var end = ByteBuffer()
    end.append(record: .dataEnd) { $0.append(integer: file.checksum.value) }
    try file.write(end.bytes)
    try file.write(summary.encoded(at: file.length))
    try file.synchronize()
  }

  /// Waits until every message so far has been written.
  private func drain() throws(LogError) {
    state.lock()
    defer { state.unlock() }
    if !filling.isEmpty { seal() }
    while failure == nil, full != nil || empty == nil { state.wait() }
    if let failure { throw failure }
  }

  /// Hands the chunk over to the thread; waits for it while it has another.
  private func seal() {
    while failure == nil, empty == nil { state.wait() }
    guard let next = empty else { return filling.clear() }
    full = filling
    filling = next
    empty = nil
    state.broadcast()
  }

  /// The thread: writes chunks as they come.
  private func writeChunks() {
    state.lock()
    var flushTime = MonotonicInstant.now.advanced(by: Self.flushPeriod)
    while !isClosing {
      if full == nil, !state.wait(until: flushTime), full == nil, !filling.isEmpty, empty != nil { seal() }
      guard let chunk = full else {
        if flushTime <= .now { flushTime = .now.advanced(by: Self.flushPeriod) }
        continue
      }
      state.unlock()
      var problem: LogError?
      do throws(LogError) { try write(try rewriting(chunk)) } catch {
        problem = error
        onFailure()
      }
      chunk.clear()
      flushTime = .now.advanced(by: Self.flushPeriod)
      state.lock()
      failure = failure ?? problem
      full = nil
      empty = chunk
      state.broadcast()
    }
    hasEnded = true
    state.broadcast()
    state.unlock()
  }

  /// The chunk, or one with the same records whose messages have been rewritten.
  private func rewriting(_ chunk: ChunkBuilder) throws(LogError) -> ChunkBuilder {
    guard let rewrite, let rewritten else { return chunk }
    rewritten.clear()
    try rewritten.append(chunk, rewrite)
    return rewritten
  }

  /// Writes a chunk, its message indexes, and waits for the disk.
  private func write(_ chunk: ChunkBuilder) throws(LogError) {
    let size = UInt64(chunk.records.count)
    let isEmpty = chunk.index.isEmpty
    let entry = MCAPSummary.Chunk(
      startTime: isEmpty ? 0 : chunk.startTime, endTime: chunk.endTime, offset: file.length,
      length: UInt64(MCAP.recordHeaderLength) + MCAPReader.chunkHeaderLength + size, compressedSize: size,
      uncompressedSize: size, indexLength: 0)
    chunkHead.clear()
    chunkHead.append(MCAP.Opcode.chunk.rawValue)
    chunkHead.append(integer: MCAPReader.chunkHeaderLength + size)
    chunkHead.append(integer: entry.startTime)
    chunkHead.append(integer: entry.endTime)
    chunkHead.append(integer: size)
    var checksum = CRC32()
    chunk.records.bytes.withUnsafeBytes { checksum.update($0) }
    chunkHead.append(integer: checksum.value)
    chunkHead.append(text: "")
    chunkHead.append(integer: size)
    try file.write(chunkHead.bytes)
    try file.write(chunk.records.bytes)
    try writeIndexes(of: chunk, entry)
    try file.synchronize()
  }

  private func writeIndexes(of chunk: ChunkBuilder, _ entry: MCAPSummary.Chunk) throws(LogError) {
    indexRecords.clear()
    indexes.removeAll(keepingCapacity: true)
    // Channels are numbered from 1, and there are few of them.
    for channel in 1...Self.largestChannelCount {
      let number = UInt16(channel)
      let offset = file.length + UInt64(indexRecords.count)
      var count = 0
      for message in chunk.index where message.channel == number { count += 1 }
      guard count > 0 else { continue }
      indexes.append((number, offset, count))
      indexRecords.append(record: .messageIndex) { fields in
        fields.append(integer: number)
        fields.append(integer: UInt32(count * 16))
        for message in chunk.index where message.channel == number {
          fields.append(integer: message.time)
          fields.append(integer: message.offset)
        }
      }
    }
    try file.write(indexRecords.bytes)
    var entry = entry
    entry.indexLength = UInt64(indexRecords.count)
    state.withLock { summary.add(entry, indexes: indexes) }
  }
}
