# The judge: runs fiber programs (program.ts describes them) on Ruby's own Fiber and prints what
# happened. Reads a JSON array of programs, answers a JSON array of traces.
require "json"

class Worker < Fiber
  attr_accessor :id
end

class Program
  CLASSES = { "RuntimeError" => RuntimeError, "TypeError" => TypeError }
  # Three classes of Ruby's are one in JavaScript.
  NAMES = Hash.new { |_, name| name }.merge!("ArgumentError" => "TypeError", "FrozenError" => "TypeError")

  def initialize(program)
    @bodies = program["fibers"]
    @main = program["main"]
    @old = program["old"]
    @fibers = []
    @trace = []
    @steps = 250
  end

  def run
    @root = Fiber.current
    @root.storage = nil if @root.respond_to?(:storage=)
    @main.each do |statement|
      run_statement("main", statement)
    rescue => error
      # Told where it passed.
    end
    @fibers.each { |fiber| @trace << "#{show fiber} #{word fiber}" if fiber }
    @trace
  end

  def body(index, args)
    who = "f#{index}"
    # A frame that is a state machine cannot tell a missing argument from nil.
    args.pop while !args.empty? && args.last.nil?
    @trace << "#{who} begin #{show args}"
    signal = run_block(who, @bodies[index])
    value = signal && signal[0]
    @trace << "#{who} end #{show value}"
    whole = true
    value
  rescue Exception
    whole = true
    raise
  ensure
    @stale = !whole
  end

  # A fiber that was killed ends with the value that it received last: what its ended frames left
  # behind, not an answer. Fibril's ends with undefined.
  def fresh(value)
    @stale ? nil : value
  ensure
    @stale = false
  end

  # A signal is a return on its way out: an array with the value.
  def run_block(who, statements)
    statements.each do |statement|
      signal = run_statement(who, statement)
      return signal if signal
    end
    nil
  end

  def run_statement(who, statement)
    @steps -= 1
    raise "out of steps" if @steps < 0
    kind, *rest = statement
    case kind
    when "try" then run_try(who, *rest)
    when "loop"
      rest[0].times do
        signal = run_block(who, rest[1])
        return signal if signal
      end
      nil
    when "call"
      signal = run_block(who, rest[0])
      @trace << "#{who} called -> #{show signal}"
      nil
    when "return" then rest
    else
      run_op(who, kind, rest)
      nil
    end
  end

  def run_try(who, body, handler, cleanup, again)
    run_block(who, body)
  rescue => error
    raise unless handler
    @trace << "#{who} rescued"
    signal = run_block(who, handler)
    raise if again
    signal
  ensure
    if cleanup
      @trace << "#{who} ensures"
      run_block(who, cleanup)
    end
  end

  def run_op(who, kind, rest)
    bare = %w[yield fail current storage store].include?(kind)
    text = "#{who} #{kind}#{bare ? "" : " #{rest[0]}"}"
    @stale = false # it was for somebody who was unwound and never took it
    begin
      value = perform(kind, rest)
      @trace << "#{text} -> #{show value}"
    rescue => error
      @stale = false
      # Before 3.4 a raise of nothing had no text.
      message = error.message.empty? ? "unhandled exception" : error.message
      @trace << "#{text} !! #{NAMES[error.class.name]}: #{message}"
      raise
    end
  end

  def perform(kind, rest)
    case kind
    when "new" then create(rest[0], rest.size > 1, rest[1])
    when "resume" then (f = fiber(rest[0])) ? fresh(f.resume(*rest[1..])) : "none"
    when "transfer" then (f = fiber(rest[0])) ? fresh(f.transfer(*rest[1..])) : "none"
    when "yield" then fresh(Fiber.yield(*rest))
    when "raise"
      f = fiber(rest[0])
      return "none" if f.nil? || (@old && !%w[suspended created terminated].include?(word(f)))
      fresh(f.raise(*rest[1..].map { |arg| exception(arg) }))
    when "kill" then (f = fiber(rest[0])) && f != @root ? f.kill.tap { @stale = false } : "none"
    when "alive" then (f = fiber(rest[0])) ? f.alive? : "none"
    when "status" then (f = fiber(rest[0])) ? word(f) : "none"
    when "current" then Fiber.current
    when "get" then Fiber[rest[0].to_sym]
    when "set" then Fiber[rest[0].to_sym] = rest[1]
    # An empty storage is nil until it was written to, and keeps a nil that it was made with. Fibril's
    # is an object without undefined.
    when "storage" then (Fiber.current.storage || {}).compact
    when "store" then Fiber.current.storage = pairs(rest[0])
    when "fail" then raise rest[0]
    else raise "unknown statement #{kind}"
    end
  end

  def create(index, given, storage)
    program = self
    routine = proc { |*args| program.body(index, args) }
    fiber = given ? Worker.new(storage: pairs(storage), &routine) : Worker.new(&routine)
    fiber.id = index
    @fibers[index] = fiber
  end

  def fiber(index) = index == "root" ? @root : @fibers[index]

  # "frozen" stands for a frozen hash, any other non-hash for itself.
  def pairs(value)
    return { x: 1 }.freeze if value == "frozen"
    value.is_a?(Hash) ? value.transform_keys(&:to_sym) : value
  end

  # A class, an error, or what raise takes as it is.
  def exception(arg)
    return arg unless arg.is_a?(Hash)
    arg["class"] ? CLASSES[arg["class"]] : RuntimeError.new(arg["error"])
  end

  def word(fiber) = fiber.inspect[/\(([a-z ]+)\)>?\z/, 1]

  def show(value)
    case value
    when nil then "nil"
    when String then value.inspect
    when Array then "[#{value.map { |item| show item }.join(", ")}]"
    when Hash then "{#{value.map { |key, item| "#{key}: #{show item}" }.sort.join(", ")}}"
    when Worker then "f#{value.id}"
    when Fiber then "root"
    else value.to_s
    end
  end
end

def judge(json)
  Warning[:experimental] = false
  traces = JSON.parse(json).each_with_index.map do |program, index|
    GC.start if index % 200 == 199
    Program.new(program).run
  end
  JSON.generate(traces)
end

print judge($stdin.read) if $0 == __FILE__
